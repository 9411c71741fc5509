# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads what memcheck reports, and says what of it counts.

  reports.py DIRECTORY

An invalid read, write or free does. A byte that is not initialized does where
it is our code that looks at it, directly or through the C library: encoders and
ciphers compute with such bytes, which memcheck follows everywhere.
"""

import pathlib
import re
import sys

LINE = re.compile(r"^==\d+== ?(.*)$")
FRAME = re.compile(r"^\s+(?:at|by) 0x[0-9A-F]+: (\S+) \((?:in )?(.*)\)$")
UNINITIALIZED = re.compile(r"uninitiali[sz]ed")
ERROR = re.compile(r"^(Invalid|Conditional|Use of|Syscall|Mismatched|Source and|"
                   r"Jump|Process terminating|Argument)")
LIBC = re.compile(r"libc|vg_replace|vgpreload|string|ld-linux")


def sources(root):
    """The names of our files, which is what memcheck shows of them."""
    return {path.name for folder in ("gst", "tests")
            for path in (root / folder).rglob("*.c")
            if "node_modules" not in path.parts}


def reports_of(path):
    report = []
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = LINE.match(line.rstrip("\n"))
            text = match[1] if match else ""
            if text.strip():
                report.append(text)
            elif report:
                yield report
                report = []
    if report:
        yield report


def counts(report, ours):
    if not ERROR.match(report[0]):
        return False
    if not UNINITIALIZED.search(report[0]):
        return True
    for line in report[1:]:
        match = FRAME.match(line)
        if not match:
            continue
        place = match[2].split(":")[0]
        if place in ours:
            return True
        if not LIBC.search(place):
            return False
    return False


def main():
    ours = sources(pathlib.Path(__file__).resolve().parents[2])
    seen = {}
    total = 0
    for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        for report in reports_of(path):
            total += 1
            if counts(report, ours):
                frames = tuple(match[1] for line in report[1:6]
                               if (match := FRAME.match(line)))
                seen.setdefault((report[0], frames), report)
    for report in seen.values():
        print("\n--- " + "\n    ".join(report))
    print(f"\n{total} reports, {len(seen)} kinds that count")
    return 1 if seen else 0


sys.exit(main())
