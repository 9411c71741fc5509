# SPDX-License-Identifier: LGPL-2.1-or-later
"""Closes a run of the suite: what failed, what was skipped and why, the count.

  summary.py [--failed STEP] [--skipped REASON] BUILD-DIRECTORY...

The count is of test cases where a test's output tells them (libcheck, TAP),
otherwise of tests. The last line is `N passed, N failed, N skipped`.
"""

import argparse
import collections
import json
import pathlib
import re
import sys

TAIL = 60  # lines of a failed test's output
WIDTH = 400  # columns of such a line

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP", "IGNORED"}

CHECK = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$",
                   re.M)
# The closing lines of node's reporters, in both of its ways to write them.
NODE = re.compile(r"^(?:#|\u2139) (tests|pass|fail|cancelled|skipped|todo) "
                  r"(\d+)$", re.M)
NODE_SKIP = re.compile(r"^\s*ok \d+ - (.*?) # SKIP ?(.*)$", re.M)

Count = collections.namedtuple("Count", "passed failed skipped")


def add(a, b):
    return Count(*(x + y for x, y in zip(a, b)))


def cases(output):
    """The count that the output itself gives, or None."""
    checks = CHECK.findall(output)
    if checks:
        total, failures, errors = (
            sum(int(check[i]) for check in checks) for i in range(3))
        return Count(total - failures - errors, failures + errors, 0)
    node = {key: int(value) for key, value in NODE.findall(output)}
    if "tests" in node:
        return Count(node["pass"], node["fail"] + node["cancelled"],
                     node["skipped"] + node["todo"])
    return None


def count(test):
    """One test's count; what meson says of the whole test has the last word."""
    found = cases(test.get("stdout") or "")
    result = test["result"]
    if result in SKIPPED:
        return Count(0, 0, 1)
    if result in PASSED:
        if found is None:
            return Count(1, 0, 0)
        if sum(found) == 0 or found.failed:
            # A test that ran nothing has tested nothing.
            return found._replace(failed=max(found.failed, 1))
        return found
    if found is None:
        return Count(0, 1, 0)
    return found._replace(failed=max(found.failed, 1))


def output_of(test):
    parts = [test.get("stdout") or "", test.get("stderr") or ""]
    return "\n".join(part.rstrip() for part in parts if part.strip())


def failures_in(lines):
    """What the output says of the cases that failed, wherever that is.

    A line of libcheck's; in TAP a line and, indented below it, the reason.
    """
    found = []
    end = None  # of the reason
    for line in lines:
        if end is not None:
            found.append(line)
            if line == end:
                end = None
        elif match := re.match(r"(\s*)not ok ", line):
            found.append(line)
            end = match[1] + "  ..."
        elif re.search(r":[FE]:", line):
            found.append(line)
    return found


def show_failure(name, test):
    print(f"--- FAILED: {name}: {test['result']}, "
          f"{test['duration']:.1f} s, status {test['returncode']}")
    lines = output_of(test).splitlines()
    for line in failures_in(lines)[:TAIL] + ["..."] + lines[-TAIL:]:
        print(f"    {line[:WIDTH]}")


def show_skips(name, test):
    reasons = re.findall(r"^skip: (.*)$", output_of(test), re.M)
    for case, reason in NODE_SKIP.findall(test.get("stdout") or ""):
        reasons.append(f"{case}: {reason}")
    print(f"--- SKIPPED: {name}: {'; '.join(reasons) or 'gave no reason'}")


def tests_of(build):
    log = build / "meson-logs" / "testlog.json"
    if not log.exists():
        return []
    with open(log, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("builds", nargs="*", type=pathlib.Path)
    parser.add_argument("--failed", action="append", default=[])
    parser.add_argument("--skipped", action="append", default=[])
    args = parser.parse_args()

    print()
    total = Count(0, len(args.failed), len(args.skipped))
    for build in args.builds:
        tests = tests_of(build)
        if not tests:
            print(f"--- FAILED: {build}: no test ran")
            total = add(total, (0, 1, 0))
        for test in tests:
            name = f"{test['name'].split(':')[-1]} ({build})"
            counted = count(test)
            total = add(total, counted)
            if counted.failed:
                show_failure(name, test)
            if counted.skipped:
                show_skips(name, test)
    for step in args.failed:
        print(f"--- FAILED: {step}: see above")
    for reason in args.skipped:
        print(f"--- SKIPPED: {reason}")

    if total.passed == 0 and total.failed == 0:
        print("--- FAILED: nothing was tested")
        total = total._replace(failed=1)
    print(f"{total.passed} passed, {total.failed} failed, "
          f"{total.skipped} skipped")
    return 1 if total.failed else 0


sys.exit(main())
