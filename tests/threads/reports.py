# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads what ThreadSanitizer reports, and says what of it is ours.

  reports.py DIRECTORY

A data race is, unless it is suppressed. A cycle of locks is when one of ours is
in it: GStreamer's own, of states and of streams, are taken in both orders.
"""

import pathlib
import re
import sys

OURS = "/build/../../gst/"
SHOWN = 5  # of one kind

FRAME = re.compile(r"^\s+#(\d+) (\S+) (\S+)")
# What takes a lock, or a reference, on behalf of who calls it.
LOCKING = re.compile(r"^(pthread_|__interceptor_|g_mutex_|g_rec_mutex_|"
                     r"g_rw_lock_|g_cond_)")


def reports_of(path):
    report = None
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("WARNING: ThreadSanitizer"):
                report = [line]
            elif report is not None:
                report.append(line)
                if line.startswith("SUMMARY: ThreadSanitizer"):
                    yield report
                    report = None


def stacks_of(report):
    stacks = []
    for line in report:
        if match := FRAME.match(line):
            if match[1] == "0":
                stacks.append([])
            if stacks:
                stacks[-1].append((match[2], match[3]))
    return stacks


def is_ours(frame):
    return OURS in frame[1]


def own_locks(report):
    """Where our code takes a lock of the cycle."""
    takers = set()
    for stack in stacks_of(report):
        taker = next((frame for frame in stack
                      if not LOCKING.match(frame[0])), None)
        if taker is not None and is_ours(taker):
            takers.add(taker[0])
    return takers


def kind_of(report):
    kind = re.sub(r".*ThreadSanitizer: (.*) \(pid=.*", r"\1", report[0]).strip()
    tops = [stack[0][0] for stack in stacks_of(report)[:2]]
    return f"{kind}: {' and '.join(tops)}"


def main():
    found = {}
    cycles = 0
    for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        for report in reports_of(path):
            if "lock-order-inversion" in report[0]:
                cycles += 1
                takers = own_locks(report)
                if not takers:
                    continue
                kind = f"order of locks: {', '.join(sorted(takers))}"
            else:
                kind = kind_of(report)
            found.setdefault(kind, []).append(report)

    for kind, reports in found.items():
        print(f"\n--- {len(reports)} x {kind}\n")
        print("".join(reports[0]))
    total = sum(len(reports) for reports in found.values())
    print(f"\n{cycles} cycles of locks, {total} reports that count")
    return 1 if found else 0


sys.exit(main())
