# SPDX-License-Identifier: LGPL-2.1-or-later
"""All C code is as clang-format writes it.

Versions of clang-format differ in details, so one version decides.
"""

import re
import shutil
import subprocess

import tree

VERSION = "14"


def find_clang_format():
    for name in (f"clang-format-{VERSION}", "clang-format"):
        if not shutil.which(name):
            continue
        out = subprocess.run([name, "--version"], check=True,
                             capture_output=True, text=True).stdout
        if re.search(rf"version {VERSION}\.", out):
            return name
    return None


clang_format = find_clang_format()
if not clang_format:
    tree.skip(f"clang-format {VERSION} is missing")

sources = tree.files(".c", ".h")
problems = []
if sources:
    out = subprocess.run(
        [clang_format, "--dry-run", "--Werror", *sources], cwd=tree.ROOT,
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    problems = out.stderr.splitlines()
    if out.returncode and not problems:
        problems = [f"{clang_format} ended with {out.returncode}"]
tree.finish(problems, len(sources))
