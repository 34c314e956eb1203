# SPDX-License-Identifier: MIT
"""How gesso starts its probe's helper: with what, how often, and what it leaves behind."""

import os
import pathlib
import re
import resource

import rig
from rig import check, check_equal

WAIT_MS, MOST_MS, STARTS = 250, 300, 5


def make_helper(case, *lines):
    script = case.dir / "helper"
    script.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    script.chmod(0o700)
    return script


def start(case, script, *options, renderer="pixman"):
    options = ("--renderer", renderer, "--allocator", "memfd", "--size", "64x64", *options)
    return rig.Gesso(case, *options, env={"GESSO_PROBE_HELPER": str(script)})


def memfd_of(gesso):
    return [a for a in gesso.memory()["allocators"] if a["name"] == "memfd"][0]


def case_told_its_renderer(case):
    """The helper gets the renderer's node and name, and proves nothing with another."""
    words = case.dir / "words"
    for renderer in ("pixman", "gles2-software"):
        script = make_helper(
            case, f'printf "%s\\n" "$@" >{words}', f'exec {os.environ["GESSO_PROBE"]} "$@"'
        )
        gesso = start(case, script, renderer=renderer)
        name = gesso.memory()["compositor"]["renderer"]
        check_equal(words.read_text().splitlines(), [renderer, "memfd", "-", name], "arguments")
        check(memfd_of(gesso)["offered"], "memfd is not offered")
        gesso.stop()

    def helper(*arguments):
        status, out, _ = case.run([os.environ["GESSO_PROBE"], *arguments])
        return status, out.decode().splitlines()

    status, lines = helper("pixman", "memfd", "-", "pixman")
    check(status == 0 and "done" in lines, f"pixman by its name: {status} {lines}")
    status, lines = helper("pixman", "memfd", "-", "gles2 (A GPU)")
    check_equal(status, 1, f"the status with another name ({lines})")
    check_equal(len(lines), 1, f"lines with another name ({lines})")
    check(lines[0].startswith("failed ") and "not gles2 (A GPU)" in lines[0], lines[0])
    status, lines = helper("gles2", "memfd", "/dev/dri/renderD255", "gles2 (A GPU)")
    check_equal(status, 1, f"the status with no such node ({lines})")
    check(len(lines) == 1 and "no DRM render node" in lines[0], f"no such node: {lines}")


def case_asked_once(case):
    """A second start takes the first one's answer, unless the helper has changed."""
    count = case.dir / "count"
    script = make_helper(
        case, f"echo asked >>{count}", f'exec {os.environ["GESSO_PROBE"]} "$@"'
    )
    for start_number, asked in ((1, 1), (2, 1), (3, 2)):
        if start_number == 3:
            os.utime(script, (1, 1))
        gesso = start(case, script)
        check(memfd_of(gesso)["offered"], f"memfd is not offered at start {start_number}")
        gesso.stop()
        lines = count.read_text().splitlines()
        check_equal(len(lines), asked, f"runs of the helper by start {start_number}")


def links_of(pid):
    return [os.readlink(link) for link in pathlib.Path(f"/proc/{pid}/fd").iterdir()]


def core_limit(pid):
    lines = pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines()
    return [line for line in lines if line.startswith("Max core file size")][0].split()[4:6]


def case_starts_clean(case):
    """The standard descriptors only, and no core dump; gesso's own limit stays."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    careless = case.dir / "careless"
    careless.write_text(f'#!/bin/sh\nexec {os.environ["GESSO_BIN"]} "$@" 9>{case.dir}/inherited\n')
    careless.chmod(0o700)
    os.environ["GESSO_BIN"] = str(careless)
    seen, limits = case.dir / "descriptors", case.dir / "limits"
    script = make_helper(
        case,
        f"for fd in /proc/$$/fd/*; do readlink $fd; done >{seen}",
        f"cat /proc/$$/limits >{limits}",
        "kill -SEGV $$",
    )
    gesso = rig.Gesso(
        case,
        *("--renderer", "pixman", "--allocator", "memfd", "--size", "64x64"),
        env={
            "GESSO_PROBE_HELPER": str(script),
            # else the sanitizer sets the limit, of gesso too
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":disable_coredump=0",
        },
    )
    check("crashed" in memfd_of(gesso)["words"], "the helper did not crash")
    check("inherited" in " ".join(links_of(gesso.pid)), "gesso itself inherited nothing")
    allowed = ("/dev/null", str(script), str(seen), "pipe:", str(gesso.process.log))
    for name in seen.read_text().splitlines():
        check(name.startswith(allowed), f"the helper has {name}")
    soft = [l for l in limits.read_text().splitlines() if l.startswith("Max core file")][0]
    check(int(soft.split()[4]) <= 1, f"the helper's limit: {soft}")
    check_equal(core_limit(gesso.pid), core_limit(os.getpid()), "gesso's own limit")
    check_equal(sorted(case.dir.glob("*core*")), [], "core dumps")
    gesso.stop()


def logged_ms(text, words):
    found = re.search(r"^(\d+):(\d+):(\d+)\.(\d+) \[INFO\] .*" + words, text, re.MULTILINE)
    check(found, f"the log does not say '{words}'")
    hours, minutes, seconds, ms = (int(part) for part in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms


def case_ready_in_time(case):
    """Whatever the helper does, it holds up the start by --probe-wait at most."""
    cache = case.dir / "gesso-probe"
    cache.mkdir()
    cache.chmod(0o755)  # and so not used: each start asks the helper
    for end in ("exec sleep 1000", "kill -SEGV $$"):
        script = make_helper(case, end)
        delays = []
        while not delays or (min(delays) >= MOST_MS and len(delays) < STARTS):
            gesso = start(case, script, "--probe-wait", WAIT_MS, "--probe-timeout", 600000)
            text = gesso.process.text()
            delays.append(logged_ms(text, "server: ready") - logged_ms(text, "server: serving"))
            gesso.stop()
        # others have the machine too, but hardly at each start
        check(min(delays) < MOST_MS, f"'{end}' delayed each start, by {delays} ms")


if __name__ == "__main__":
    rig.main(globals())
