# SPDX-License-Identifier: MIT
"""
What tools/try-apps runs: each program on each choice of --shm, in a compositor of its own, and
a table of what became of it. A program that fails is a line of the table, and the run fails.
"""

import sys

import programs
import rig
import unmodified

CHOICES = ("auto", "import", "upload")
HEAD = (
    "program", "version", "window", "path with `auto`", "why", "frames imported", "uploaded",
    "looks as uploaded", "CPU ms a frame", "MiB at rest",
)  # fmt: skip


def version_of(case, package):
    status, out, _ = case.run(["dpkg-query", "-W", "-f", "${Version}", package])
    return out.decode() if status == 0 else "not installed"


def choices(case):
    return case.fixtures.get("choices", ",".join(CHOICES)).split(",")


def show_each(case, name):
    """{choice: what was seen, or why it was not}"""
    seen = {}
    for choice in choices(case):
        print(f"{name}, --shm {choice}", file=sys.stderr, flush=True)
        try:
            seen[choice] = unmodified.show_all(case, [name], "--shm", choice)[name]
            unmodified.check_path(seen[choice])
        except (rig.Failure, FileNotFoundError) as why:
            print(f"{name}, --shm {choice}: {why}", file=sys.stderr, flush=True)
            case.print_logs()
            seen[choice] = str(why).splitlines()[0]
            for process in reversed(case.processes):
                process.kill()
        for log in case.dir.glob("*.log"):
            log.unlink()  # those of the next that fails are to be its own
    return seen


def compare(seen):
    if seen["auto"].picture is None:
        return "as its buffer"
    auto, upload = seen["auto"].picture, seen["upload"].picture
    if all(other.picture == auto for other in seen.values()):
        return "yes"
    if auto.size() != upload.size() or auto == upload:
        return "no"
    width, height = auto.difference_box(upload)[2:]
    return f"no: by {auto.largest_difference(upload)} at most, within {width}x{height}"


def row_of(case, name, seen):
    version = version_of(case, programs.PROGRAMS[name].package)
    failed = [f"`--shm {choice}`: {why}" for choice, why in seen.items() if isinstance(why, str)]
    if failed:
        return [name, version, "", "failed", "; ".join(failed), "", "", "", "", ""], False
    auto = seen["auto"]
    timed = case.fixture("timed") == "yes"
    row = [
        name, version, auto.size, f"`{auto.path}`", auto.why,
        unmodified.figures(auto, "shm-import")["frames"],
        unmodified.figures(auto, "shm-upload")["frames"], compare(seen),
        " / ".join(f"{seen[choice].cpu_ms:.2f}" for choice in seen) if timed else "—",
        " / ".join(f"{seen[choice].held_bytes / 2**20:.1f}" for choice in seen),
    ]  # fmt: skip
    return row, not compare(seen).startswith("no")


def print_row(row):
    print("|", " | ".join(str(cell) for cell in row), "|")
    sys.stdout.flush()


def case_programs(case):
    names = case.fixtures.get("programs", ",".join(programs.PROGRAMS)).split(",")
    unknown = [name for name in names if name not in programs.PROGRAMS]
    rig.check(not unknown, f"no program is named {unknown}; there are {list(programs.PROGRAMS)}")
    each = f" ({' / '.join(choices(case))})"
    print_row([word + each if word in HEAD[-2:] else word for word in HEAD])
    print("|" + "---|" * len(HEAD))
    all_right = True
    for name in names:
        row, right = row_of(case, name, show_each(case, name))
        print_row(row)
        all_right = all_right and right
    rig.check(all_right, "not every program was shown as it should be")


if __name__ == "__main__":
    rig.main(globals())
