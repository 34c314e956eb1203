#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs `meson test` for one pass and says each result, each failure's log, and the counts.

    run_tests.py list BUILD
        one line a test: lane, suites joined by commas, name; tab-separated
    run_tests.py run PASS BUILD RESULTS [--skips-fail] [MESON-TEST-ARGUMENT...]
        RESULTS gets one line a test: passed, failed or skipped, the pass, the name
"""

import json
import pathlib
import re
import signal
import subprocess
import sys

OUTCOMES = {
    "OK": "passed",
    "EXPECTEDFAIL": "passed",
    "SKIP": "skipped",
    "FAIL": "failed",
    "TIMEOUT": "failed",
    "ERROR": "failed",
    "INTERRUPT": "failed",
    "UNEXPECTEDPASS": "failed",
}
LINE = re.compile(r"\s*(\d+/\d+)\s+(.+?)\s+(" + "|".join(OUTCOMES) + r")\s+([\d.]+)\s?s\b")
TAIL_LINES = 60


def suites_of(test):
    return [suite.split(":", 1)[-1] for suite in test["suite"]]


def list_tests(build):
    introspected = subprocess.run(
        ["meson", "introspect", "--tests", build], check=True, stdout=subprocess.PIPE
    )
    for test in json.loads(introspected.stdout):
        suites = suites_of(test)
        lane = "kernel" if "kernel" in suites else "host"
        print(lane, ",".join(suites), test["name"], sep="\t")


def run_meson(pass_name, build, log_base, arguments):
    """Streams one line a test; returns what else meson said, and its status."""
    command = ["meson", "test", "-C", build, "--no-rebuild", "--logbase", log_base]
    other = []
    with subprocess.Popen(
        command + arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as meson:
        signal.signal(signal.SIGTERM, lambda *_: meson.terminate())
        for line in meson.stdout:
            match = LINE.match(line)
            if match:
                count, name, result, seconds = match.groups()
                print(f"  {pass_name} {count} {result:<5} {name} ({seconds} s)", flush=True)
            else:
                other.append(line)
    return other, meson.returncode


def take_log(pass_name, logs, log_base):
    """Reads meson's log and leaves it under the pass's name."""
    path = logs / f"{log_base}.json"
    if not path.exists():
        return []
    lines = path.read_text(errors="replace").splitlines()
    for suffix in ("json", "txt"):
        (logs / f"{log_base}.{suffix}").replace(logs / f"testlog-{pass_name}.{suffix}")
    return [json.loads(line) for line in lines if line]


def print_failure(pass_name, result, word):
    print(f"\n--- {pass_name}: {result['name']}: {word} (exit status {result['returncode']})")
    for stream in ("stdout", "stderr"):
        for line in result.get(stream, "").splitlines()[-TAIL_LINES:]:
            print(f"    {line}")
    print(flush=True)


def run(pass_name, build, results_path, arguments):
    skips_fail = "--skips-fail" in arguments
    arguments = [argument for argument in arguments if argument != "--skips-fail"]
    logs = pathlib.Path(build) / "meson-logs"
    log_base = f"{pathlib.Path(results_path).name}-{pass_name}"

    other, status = run_meson(pass_name, build, log_base, arguments)
    results = take_log(pass_name, logs, log_base)
    failed = False
    with open(results_path, "w", encoding="utf-8") as output:
        for result in results:
            outcome = OUTCOMES.get(result["result"], "failed")
            word = result["result"]
            if outcome == "skipped" and skips_fail:
                outcome, word = "failed", "SKIP, which is a failure in this lane"
            if outcome == "failed":
                failed = True
                print_failure(pass_name, result, word)
            output.write(f"{outcome}\t{pass_name}\t{result['name']}\n")
        if not results and status != 0 and not any("No suitable tests" in line for line in other):
            failed = True
            sys.stdout.writelines(other[-TAIL_LINES:])
            output.write(f"failed\t{pass_name}\tmeson test itself (exit status {status})\n")
    return 1 if failed else 0


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "list":
        list_tests(arguments[1])
        return 0
    if len(arguments) >= 4 and arguments[0] == "run":
        return run(*arguments[1:4], arguments[4:])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
