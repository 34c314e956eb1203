#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Usage: conformance.py WLCS MODULE [SHARD OF]

Runs WLCS, the Wayland conformance suite, over the module that holds Gesso: all of it, or
shard SHARD of OF (from 0). expected.txt beside this file names each test that fails, under
the reason, and each global that tests are skipped for. Anything else is a failure: a test
that fails, one named there that passes, one skipped for another reason, one with no result,
a crash, a hang, or a name that the suite does not have. Exit status: 0 as expected, 1 not, 2 not started.

Environment: GESSO_TEST_SLOW multiplies the time that a test has before it counts as hung.
"""

import collections
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

EXPECTED = pathlib.Path(__file__).with_name("expected.txt")
ERRORS_BYTES = 8192
HANG_S = 25 * int(os.environ.get("GESSO_TEST_SLOW", "1"))
ESCAPE = re.compile(rb"\x1b\[[0-9;]*m")
BEGIN = re.compile(r"\[ RUN      \] (\S+)")
# A failure is told as 'NAME, where GetParam() = ...' for tests with parameters.
END = re.compile(r"\[ +(OK|SKIP|FAILED) +\] (\S+?),? .*\(\d+ ?ms\)$")
MISSING = re.compile(r"\[          \] Missing extension: (\w+)")
OTHER_SKIP = re.compile(r"\[          \] (.*)")


class Expected:
    """expected.txt: '# ' begins a comment, '[...]' a reason, the rest are names under it."""

    def __init__(self, path):
        self.reasons = {}  # name of a test that fails: why
        self.missing = set()  # names of globals
        self.skips = set()  # names of tests that are skipped by design
        reason = None
        for number, line in enumerate(path.read_text().splitlines(), 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("["):
                reason = line.strip("[]")
            elif reason is None:
                sys.exit(f"{path}:{number}: a name before any [reason]")
            elif reason == "globals not offered":
                self.missing.add(line)
            elif reason == "skipped by design":
                self.skips.add(line)
            elif line in self.reasons:
                sys.exit(f"{path}:{number}: {line} is there twice")
            else:
                self.reasons[line] = reason


class Run:
    """What one process of the suite did, read from its output as it comes."""

    def __init__(self):
        self.results = {}  # name: OK, SKIP or FAILED
        self.words = collections.defaultdict(list)  # name: what it printed
        self.current = None
        self.rest = b""
        self.errors = ""  # the end of what went to standard error

    def feed(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        for raw in lines:
            line = ESCAPE.sub(b"", raw).decode(errors="replace")
            begin, end = BEGIN.match(line), END.match(line)
            if begin:
                self.current = begin[1]
            elif end and end[2] == self.current:
                self.results[self.current] = end[1]
                self.current = None
            elif self.current:
                self.words[self.current].append(line)


def environment(directory, shard):
    values = {key: value for key, value in os.environ.items()
              if not key.startswith(("WAYLAND_", "WLR_", "GTEST_")) and key != "DISPLAY"}
    # no theme of pointers: it would be read anew for each server
    values |= {"XDG_RUNTIME_DIR": directory, "XDG_CACHE_HOME": directory, "GESSO_LOG": "error",
               "XCURSOR_PATH": directory}
    if shard:
        values |= {"GTEST_SHARD_INDEX": shard[0], "GTEST_TOTAL_SHARDS": shard[1]}
    return values


def listed(wlcs, module):
    text = subprocess.run([wlcs, module, "--gtest_list_tests"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    names, suite = [], ""
    for line in text.splitlines():
        word = line.split("#")[0].strip()
        if line.startswith(" "):
            names.append(suite + word)
        elif word.endswith("."):
            suite = word
    return [name for name in names if "DISABLED_" not in name]


def run_suite(wlcs, module, shard):
    """Returns the run, and how it ended if that was not by itself."""
    run, how = Run(), None
    # apart: the server's thread writes there at any time, within a line of the results too
    with tempfile.TemporaryDirectory(prefix="gesso-wlcs-") as directory, \
            tempfile.TemporaryFile() as errors:
        child = subprocess.Popen([wlcs, module, "--gtest_color=no"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=errors,
                                 env=environment(directory, shard))
        try:
            begun, seen = time.monotonic(), None
            while how is None:
                ready, _, _ = select.select([child.stdout], [], [], 1)
                data = os.read(child.stdout.fileno(), 65536) if ready else None
                if data == b"":
                    break
                run.feed(data or b"")
                if (run.current, len(run.results)) != seen:
                    begun, seen = time.monotonic(), (run.current, len(run.results))
                if time.monotonic() - begun > HANG_S:
                    how = f"hung for {HANG_S} s"
        finally:
            if how or child.poll() is None and sys.exc_info()[0]:
                child.kill()
            status = child.wait()
        errors.seek(max(0, errors.seek(0, os.SEEK_END) - ERRORS_BYTES))
        run.errors = errors.read().decode(errors="replace")
    if how is None and status < 0:
        how = f"ended by {signal.Signals(-status).name}"
    elif how is None and status not in (0, 1):
        how = f"ended with status {status}"
    return run, how


def skip_is_expected(name, words, expected):
    if name in expected.skips:
        return True
    reasons = [line for line in words if OTHER_SKIP.match(line)]
    globals_named = [MISSING.match(line) for line in reasons]
    return bool(reasons) and all(m and m[1] in expected.missing for m in globals_named)


def complaints(run, expected):
    for name, result in run.results.items():
        wanted = expected.reasons.get(name)
        if result == "FAILED" and wanted is None:
            yield name, "failed", True
        elif result == "OK" and wanted is not None:
            yield name, f"passed, but is expected to fail: {wanted}", False
        elif result == "SKIP" and (wanted or not skip_is_expected(name, run.words[name], expected)):
            yield name, "skipped, and not for a global that is known to be missing", True


def main(arguments):
    if len(arguments) not in (2, 4):
        sys.stderr.write(__doc__)
        return 2
    wlcs, module, *shard = arguments
    expected = Expected(EXPECTED)
    names = listed(wlcs, module)
    bad = [f"{name}: the suite has no such test"
           for name in sorted((set(expected.reasons) | expected.skips) - set(names))]
    run, how = run_suite(wlcs, module, shard)
    if how or run.current or not run.results:
        bad.append(f"{run.current or 'between tests'}: {how or 'the suite ended'}")
        print("\n".join(run.words[run.current][-60:]), run.errors, sep="\n")
    begin, step = (int(shard[0]), int(shard[1])) if shard else (0, 1)
    bad += [f"{name}: no result" for name in names[begin::step] if name not in run.results]
    for name, what, show in complaints(run, expected):
        bad.append(f"{name}: {what}")
        if show:
            print(f"--- {name}", *run.words[name], sep="\n")
    counts = collections.Counter(run.results.values())
    print(*bad, sep="\n")
    print(f"{counts['OK']} passed, {counts['FAILED']} failed, {counts['SKIP']} skipped; "
          f"{len(bad)} not as expected")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
