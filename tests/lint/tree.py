# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lints share: the project's own files and how a lint ends."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1]).resolve()
SKIP = 77

IGNORED = {"node_modules", ".git", ".cache"}


def _in_git():
    """Tracked files and new ones, so that a lint speaks before the commit."""
    try:
        out = subprocess.run(
            ["git", "-C", ROOT, "-c", "safe.directory=*", "ls-files", "-z",
             "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return [pathlib.Path(name) for name in out.decode().split("\0") if name]


def _on_disk():
    """The same for a release tarball, which has no repository."""
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if not IGNORED & set(parts) and not parts[0].startswith("build"):
            yield path.relative_to(ROOT)


def files(*suffixes, under=()):
    """Paths relative to the root, sorted, of files that exist."""
    names = _in_git()
    if names is None:
        names = _on_disk()
    return sorted(
        name for name in set(names)
        if (ROOT / name).is_file()
        and (not suffixes or name.suffix in suffixes)
        and (not under or name.parts[0] in under))


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def skip(reason):
    print(f"skip: {reason}")
    sys.exit(SKIP)


def finish(problems, looked_at):
    """A lint that looked at nothing has found nothing out: that fails, too."""
    for problem in problems:
        print(problem)
    print(f"{looked_at} looked at, {len(problems)} problem(s)")
    sys.exit(1 if problems or not looked_at else 0)
