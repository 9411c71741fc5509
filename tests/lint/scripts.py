# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scripts pass their checks, are executable, and stop at the first failure."""

import ast
import os
import shutil
import subprocess

import tree

CHECKS = {
    "sh": ["shellcheck", "-x", "-P", "SCRIPTDIR"],
    "bash": ["shellcheck", "-x"],
    "node": ["node", "--check"],
}


def interpreter(path):
    first = tree.read(path).split("\n", 1)[0]
    if first.startswith("#!"):
        return first[2:].replace("/usr/bin/env", "").split()[0].split("/")[-1]
    return {".sh": "sh", ".py": "python3", ".mjs": "node",
            ".js": "node"}.get(path.suffix)


def lint(path):
    name = interpreter(path)
    text = tree.read(path)
    if name in ("python", "python3"):
        try:
            ast.parse(text, str(path))
        except SyntaxError as error:
            yield f"{path}:{error.lineno}: {error.msg}"
    elif name in CHECKS:
        if not shutil.which(CHECKS[name][0]):
            tree.skip(f"{CHECKS[name][0]} is missing")
        out = subprocess.run([*CHECKS[name], tree.ROOT / path],
                             stdin=subprocess.DEVNULL, capture_output=True,
                             text=True)
        if out.returncode:
            yield f"{path}: {(out.stdout + out.stderr).strip()}"
    else:
        yield f"{path}: {name} is not an interpreter this project uses"

    if text.startswith("#!") and not os.access(tree.ROOT / path, os.X_OK):
        yield f"{path} has a #! line but is not executable"
    if name in ("sh", "bash") and "\nset -e" not in text:
        yield f"{path} goes on after a failure: it lacks set -e"


def is_script(path):
    if path.suffix in (".sh", ".py", ".mjs", ".js"):
        return True
    with open(tree.ROOT / path, "rb") as file:
        return file.read(2) == b"#!"


scripts = [path for path in tree.files() if is_script(path)]
problems = [problem for path in scripts for problem in lint(path)]
tree.finish(problems, len(scripts))
