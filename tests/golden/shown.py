#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""What runs where, as the tests recorded it, and README's table of it.

    shown.py merge GOLDEN RECORDED      adds what was recorded to the golden file
    shown.py write GOLDEN README        writes the table into README
    shown.py check GOLDEN README        fails if README has another table
    shown.py compare GOLDEN RECORDED [--whole]
                                        fails if the tests recorded anything else; with --whole,
                                        every test has run, so all must be there

A line is path, allocator, renderer, backend, lane and result, separated by tabs; RECORDED is a
directory of files of such lines. A refusal in the host lane is about that host: it is written
down, and another host may differ.
"""

import pathlib
import sys

BEGIN = "<!-- What runs where: written by tests/golden/refresh. -->\n"
END = "<!-- What runs where: the end. -->\n"
SHOWN = "shown"
PATHS = ["native", "dmabuf", "shm-import", "shm-direct", "shm-upload"]
ALLOCATORS = ["udmabuf", "dma-heap", "memfd", "gbm", "vgem"]
RENDERERS = {"pixman": "pixman", "gles2": "llvmpipe"}
# backend and lane, and the head of the column
PLACES = [
    ("headless", "host", "headless"),
    ("headless", "kernel", "headless, kernel lane"),
    ("wayland", "host", "in Wayland"),
    ("wayland", "kernel", "in Wayland, kernel lane"),
    ("x11", "host", "in X11"),
    ("x11", "kernel", "in X11, kernel lane"),
    ("drm", "kernel", "bare display"),
]


def read_lines(text):
    return {tuple(line.split("\t")) for line in text.splitlines() if line}


def read_golden(path):
    return read_lines(pathlib.Path(path).read_text())


def read_recorded(path):
    return set().union(*(read_lines(file.read_text()) for file in pathlib.Path(path).iterdir()))


def without_contradictions(lines):
    """What was shown by one test is shown, whatever else was said."""
    shown = {line[:5] for line in lines if line[5] == SHOWN}
    return {line for line in lines if line[5] == SHOWN or line[:5] not in shown}


def cell(results, row, backend, lane):
    """What each renderer did there; a refusal counts for every backend of its lane."""
    words = []
    for renderer, name in RENDERERS.items():
        result = results.get((*row, renderer, backend, lane))
        refused = results.get((*row, renderer, "headless", lane))
        if result == SHOWN:
            words.append((name, ""))
        elif result or refused not in (None, SHOWN):
            words.append((name, result or refused))
    reasons = {reason for _, reason in words if reason}
    if len(words) == len(RENDERERS) and len(reasons) == 1 and all(reason for _, reason in words):
        return f"`{reasons.pop()}`"
    return ", ".join(f"{name}: `{reason}`" if reason else name for name, reason in words) or "—"


def order(row):
    path, allocator = row
    known = allocator in ALLOCATORS
    return PATHS.index(path), ALLOCATORS.index(allocator) if known else len(ALLOCATORS), allocator


def make_table(lines):
    results = {line[:5]: line[5] for line in without_contradictions(lines)}
    places = [place for place in PLACES if any(key[3:] == place[:2] for key in results)]
    table = ["| path | memory | " + " | ".join(place[2] for place in places) + " |"]
    table.append("|---|---|" + "---|" * len(places))
    for row in sorted({key[:2] for key in results}, key=order):
        cells = [cell(results, row, *place[:2]) for place in places]
        path, allocator = row
        memory = "the client's pool" if allocator == "-" else allocator
        if path == "shm-import":
            memory = f"the client's pool, as {allocator}"
        table.append(f"| `{path}` | {memory} | " + " | ".join(cells) + " |")
    return "\n" + "\n".join(table) + "\n\n"


def split_readme(path):
    head, rest = pathlib.Path(path).read_text().split(BEGIN)
    table, tail = rest.split(END)
    return head, table, tail


def merge(golden_path, recorded_path):
    lines = read_golden(golden_path) | read_recorded(recorded_path)
    text = "".join("\t".join(line) + "\n" for line in sorted(without_contradictions(lines)))
    pathlib.Path(golden_path).write_text(text)


def write(golden_path, readme_path):
    head, _, tail = split_readme(readme_path)
    table = make_table(read_golden(golden_path))
    pathlib.Path(readme_path).write_text(head + BEGIN + table + END + tail)


def check(golden_path, readme_path):
    if split_readme(readme_path)[1] != make_table(read_golden(golden_path)):
        sys.exit(f"{readme_path}: its table is not that of {golden_path}: run tests/golden/refresh")


def compare(golden_path, recorded_path, whole=""):
    golden = read_golden(golden_path)
    recorded = read_recorded(recorded_path)
    if whole != "--whole":
        recorded |= golden  # what is shown in a lane that did not run
    recorded = without_contradictions(recorded)
    wrong = [("not in the table", line) for line in recorded - golden if is_firm(line)]
    if whole == "--whole":
        wrong += [("not seen", line) for line in golden - recorded if is_firm(line)]
    for words, line in sorted(wrong):
        print(f"{words}: {' '.join(line)}")
    if wrong:
        sys.exit("README says otherwise of what runs where: tests/golden/refresh writes it anew")


def is_firm(line):
    return line[5] == SHOWN or line[4] == "kernel"


COMMANDS = {"merge": merge, "write": write, "check": check, "compare": compare}

if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
