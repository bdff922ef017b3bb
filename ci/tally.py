#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts tests from the XML that GoogleTest or ctest wrote.

tally.py PART NAME STATUS XML    prints "PART NAME passed failed skipped"
tally.py --sum RESULTS           prints the closing line; exit code 1 if anything failed

A program that died, or wrote nothing, counts as one failed test on top of what it reported.
"""
import sys
import xml.etree.ElementTree as tree


def is_skipped(case):
    return case.get("result") == "skipped" or case.get("status") in ("notrun", "disabled") or case.find("skipped") is not None


def count_cases(cases):
    failed = sum(1 for case in cases if case.find("failure") is not None)
    skipped = sum(1 for case in cases if case.find("failure") is None and is_skipped(case))
    return len(cases) - failed - skipped, failed, skipped


def count_root(root):
    total, failed, skipped = (int(root.get(name, 0)) for name in ("tests", "failures", "skipped"))
    return total - failed - skipped, failed, skipped


def count(path, status):
    try:
        root = tree.parse(path).getroot()
    except (OSError, tree.ParseError):
        return 0, 1, 0
    cases = list(root.iter("testcase"))
    passed, failed, skipped = count_cases(cases) if cases else count_root(root)
    if failed == 0 and (status != 0 or passed + skipped == 0):
        failed = 1
    return passed, failed, skipped


def print_sum(path):
    with open(path, encoding="utf-8") as lines:
        rows = [line.split() for line in lines]
    passed, failed, skipped = (sum(int(row[column]) for row in rows) for column in (2, 3, 4))
    for row in rows:
        if row[3] != "0":
            print(f"failed: {row[0]} {row[1]}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed > 0 or passed == 0 else 0


def main():
    if sys.argv[1] == "--sum":
        return print_sum(sys.argv[2])
    part, name, status, path = sys.argv[1:5]
    passed, failed, skipped = count(path, int(status))
    print(f"{part:12} {name:28} {passed:6} {failed:6} {skipped:6}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
