# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small rules that hold for every source file."""

import re

import tree

SPDX = "SPDX-License-Identifier: LGPL-2.1-or-later"
SPDX_WITHIN_LINES = 5
LONGEST = 600

# These have no comments, or are written by a program.
NO_SPDX = {".json", ".md", ".sdp", ".pem", ".png", ".svg"}
NO_SPDX_NAMES = {".clang-format", ".gitignore", ".gitattributes", ".npmrc",
                 ".editorconfig", "COPYING", "LICENSE"}

# Waiting a fixed time is either too short or too long: await the event.
SLEEPS = {
    ".c": re.compile(r"\b(?:g_usleep|usleep|sleep|nanosleep)\s*\("),
    ".sh": re.compile(r"(?:^|[;&|]\s*)\s*sleep\s+[0-9$]"),
    ".py": re.compile(r"\btime\.sleep\s*\("),
}
SLEEPS[".h"] = SLEEPS[".c"]


def lint(path):
    text = tree.read(path)
    lines = text.splitlines()

    if path.suffix not in NO_SPDX and path.name not in NO_SPDX_NAMES:
        if not any(SPDX in line for line in lines[:SPDX_WITHIN_LINES]):
            yield f"{path}: no line `{SPDX}`"
    if path.suffix in (".c", ".h") and len(lines) > LONGEST:
        yield f"{path}: {len(lines)} lines, more than {LONGEST}"
    if path.suffix == ".h" and "#pragma once" not in text:
        yield f"{path}: no #pragma once"

    sleep = SLEEPS.get(path.suffix)
    for number, line in enumerate(lines, 1):
        if sleep and sleep.search(line):
            yield f"{path}:{number}: a fixed sleep: {line.strip()}"
        if line != line.rstrip():
            yield f"{path}:{number}: white space at the end of the line"
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            yield f"{path}:{number}: a conflict left behind"


def unbuilt(paths):
    """A file that no meson.build names is not compiled, or never run."""
    for path in paths:
        if path.suffix != ".c" and not path.name.endswith(".test.mjs"):
            continue
        stem = path.name.split(".")[0]
        builds = [folder / "meson.build" for folder in path.parents]
        text = "".join(tree.read(build) for build in builds
                       if (tree.ROOT / build).is_file())
        if f"'{stem}'" not in text and f"'{path.name}'" not in text:
            yield f"{path}: in no meson.build"


def is_data(path):
    """What fuzzers begin with is as it came from elsewhere."""
    return "corpus" in path.parts


def is_text(path):
    with open(tree.ROOT / path, "rb") as file:
        return b"\0" not in file.read(4096)


sources = [path for path in tree.files()
           if is_text(path) and not is_data(path)]
problems = [problem for path in sources for problem in lint(path)]
problems += unbuilt(sources)
tree.finish(problems, len(sources))
