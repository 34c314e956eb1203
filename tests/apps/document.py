# SPDX-License-Identifier: MIT
"""
Writes what tools/try-apps saw into a document: `document.py OLD [LANE PROGRAMS ROWS]...` prints
it. ROWS is what on_request.py printed in that lane, PROGRAMS what was to be shown there.
A row of OLD stays, with its date, until its program is tried again in that lane, so that one
program at a time can be tried; notes are those of programs.py. Nothing else of OLD is kept.

`document.py check FILE`: the exit status is 1 if FILE is not what would be written of its rows.
"""

import contextlib
import io
import pathlib
import sys
import textwrap
import time

import programs

PROSE = """\
# Programs that were never changed

Programs of Debian 13 that speak wl_shm, on GLES2 in software (llvmpipe). `tools/try-apps` starts
each once for each of `--shm auto`, `import` and `upload` (in the machine: `auto` and `upload`),
has it paint, scroll or play, and come to rest. *Looks as uploaded*: its window is the same pixel
for pixel; one that never rests is stopped, and its window compared with what is in its buffers.
*CPU* is all that the compositor used for each of its frames once it painted steadily,
screenshots aside: one run on a machine that had other work, so that a tenth is noise.
*MiB at rest* are its wl_shm buffers that the compositor knows of and their textures. A program
that was not shown has its reason in the place of a path.

`tools/try-apps --document docs/unmodified.md` writes this page anew; with `--lane` and
`--programs` it writes those rows anew, and each other row stays as it was on its date.
"""
LANES = {
    "host": (
        "Pools imported as sealed memfds (any kernel)",
        "`tools/try-apps --lane host --programs PROGRAM`:",
    ),
    "kernel": (
        "Pools wrapped by /dev/udmabuf (the kernel lane: Linux 6.12, emulated)",
        "`tools/try-apps --lane kernel --programs PROGRAM`, on request, since it takes long in\n"
        "emulation. `tools/test kernel/takes_its_path` shows weston-simple-shm, weston-terminal and\n"
        "foot there in CI; README has its table.",
    ),
}
NOT_SHOWN = "the run ended before it was shown"


def cells_of(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def read_rows(text):
    """The head of a table and {program: cells}."""
    table = [cells_of(line) for line in text.splitlines() if line.startswith("|")]
    head = table[0] if table else []
    return head, {cells[0]: cells for cells in table[2:]}


def old_rows(path):
    """{lane: (head, rows)} of a document that was written here."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    parts = {part.split("\n", 1)[0]: part for part in text.split("\n## ")[1:]}
    return {lane: read_rows(parts.get(title, "")) for lane, (title, _) in LANES.items()}


def new_rows(wanted, text):
    head, rows = read_rows(text)
    today = time.strftime("%-d %B %Y")
    if not head:
        return [], {}
    for name in wanted:
        failed = [name, "", "", "failed", NOT_SHOWN]
        cells = rows.get(name, failed + [""] * (len(head) - len(failed)))
        rows[name] = [*cells, today]
    return [*head, "on"], rows


def print_lane(lane, head, rows):
    title, command = LANES[lane]
    print(f"\n## {title}\n\n{command}\n")
    print("|", " | ".join(head), "|")
    print("|" + "---|" * len(head))
    known = [name for name in programs.PROGRAMS if name in rows]
    for name in known:
        print("|", " | ".join(rows[name]), "|")
    notes = [(name, note) for name in known for note in programs.PROGRAMS[name].notes]
    lines = [f"{name}, {date}: {words}" for name, (where, date, words) in notes if where == lane]
    if lines:
        print()
    for line in lines:
        print(textwrap.fill(line, 100, initial_indent="- ", subsequent_indent="  "))


def main(old, *runs):
    tables = old_rows(pathlib.Path(old))
    for lane, wanted, path in zip(runs[::3], runs[1::3], runs[2::3]):
        text = pathlib.Path(path).read_text(encoding="utf-8")
        head, rows = new_rows(wanted.split(",") if wanted else list(programs.PROGRAMS), text)
        tables[lane] = (head or tables[lane][0], {**tables[lane][1], **rows})
    print(PROSE, end="")
    for lane, (head, rows) in tables.items():
        if rows:
            print_lane(lane, head, rows)


def check(path):
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        main(path)
    if written.getvalue() != pathlib.Path(path).read_text(encoding="utf-8"):
        sys.exit(f"{path} was changed by hand: tools/try-apps --document writes it")


if __name__ == "__main__":
    if sys.argv[1] == "check":
        check(sys.argv[2])
    else:
        main(*sys.argv[1:])
