# SPDX-License-Identifier: MIT
"""
Programs that speak nothing but wl_shm, as Debian has them: how each is started, made to paint
without a person, and ended. tests/apps/unmodified.py shows them.
"""

import dataclasses
import re
import signal
import time
from collections.abc import Callable

import rig
from rig import check, check_equal, wait_until

PRINTED_LINES = 160
FILE_LINES = 600
KEYS = 30  # more than there are pages: wherever it began, it ends at the same place
# What is done once, such as compiling a shader for a texture of this kind, is done by then.
FIRST_FRAMES = 8
PAGE = """<!DOCTYPE html><meta charset=utf-8><title>text</title>
<body style="margin:8px;font:14px/18px sans-serif;overflow:hidden"><script>
for (let i = 0; i < 600; i++) document.body.append("line " + i + " of the text",
  document.createElement("br"));
let frames = 0;
function step() {
  scrollTo(0, 18 * ++frames);
  if (frames < 60) requestAnimationFrame(step);
}
onload = () => setTimeout(() => requestAnimationFrame(step), 500);
</script>
"""


def frames_of(gesso, client):
    return sum(path["frames"] for path in gesso.paths_of(client.pid).values())


def wait_for_frames(gesso, client, frames):
    wait_until(lambda: frames_of(gesso, client) > frames, f"{frames} frames", 40)


def cpu_ns(pid):
    """Of all threads of a process: clock_getcpuclockid(3)."""
    return time.clock_gettime_ns(~pid << 3 | 2)


def at_rest(pid):
    """What a process has used so far; None if one of its threads is doing something."""
    return cpu_ns(pid) if rig.at_rest(pid) else None


def settled(gesso, client):
    """A screenshot that comes three times while the client does nothing. For each a frame is
    drawn, so that a client which waits for one goes on in between."""
    last = []

    def same():
        last.append((gesso.shot(), at_rest(client.pid)))
        rests = last[-1][1] is not None and last[-3:] == last[-1:] * 3
        return last[-1][0] if rests else None

    return wait_until(same, f"{client.name} at rest", 30)


def write_shell(case):
    """Prints so that a terminal scrolls, says that it is done, and waits to be ended."""
    shell = case.dir / "shell"
    shell.write_text(
        f"#!/bin/sh\ni=0\nwhile [ $i -lt {PRINTED_LINES} ]; do\n"
        'echo "line $i of the text"; i=$((i+1)); [ $((i%4)) = 0 ] && sleep 0.02\n'
        "done\ntouch done\nuntil [ -e stop ]; do sleep 0.05; done\n"
    )
    shell.chmod(0o700)
    for name in ("done", "stop"):
        (case.dir / name).unlink(missing_ok=True)
    return shell


def write_text(case):
    text = case.dir / "text.txt"
    text.write_text("".join(f"line {i} of the text\n" for i in range(FILE_LINES)))
    return text


def write_page(case):
    page = case.dir / "text.html"
    page.write_text(PAGE)
    return page


def write_gtk_settings(case):
    """What blinks or fades never comes to rest at the same picture."""
    for version in ("gtk-3.0", "gtk-4.0"):
        directory = case.dir / "home" / version
        directory.mkdir(parents=True, exist_ok=True)
        settings = "[Settings]\ngtk-cursor-blink=false\ngtk-enable-animations=false\n"
        (directory / "settings.ini").write_text(settings)


def wait_for_text(case, gesso, client, mark):
    wait_for_frames(gesso, client, FIRST_FRAMES)
    mark()
    wait_until((case.dir / "done").exists, "the end of the text", 40)


def check_scrolled(case, gesso, client, mark):
    """foot moves its window over its pool as it scrolls: a wl_buffer at another place each time."""
    wait_for_text(case, gesso, client, mark)
    made = re.findall(r"wl_shm_pool[#@](\d+)\.create_buffer\([^,]*, (\d+),", client.text())
    places = {}
    for pool, offset in made:
        places.setdefault(pool, set()).add(offset)
    most = max(map(len, places.values()), default=0)
    check(most > 5, f"foot did not scroll in its pool: its buffers were at {places}")


def paint(frames):
    def wait(_case, gesso, client, mark):
        wait_for_frames(gesso, client, FIRST_FRAMES)
        mark()
        wait_for_frames(gesso, client, frames)

    return wait


def play(_case, gesso, client, mark):
    wait_for_frames(gesso, client, FIRST_FRAMES)
    mark()
    wait_until(lambda: "(Paused)" in client.text(), "the end of the film", 40)


def press(gesso, key, times):
    """A virtual keyboard types; a program binds it late, so that it waits before and after."""
    words = ["wtype", "-s", 1000 * rig.SLOW] + ["-k", key, "-s", 100 * rig.SLOW] * times
    check_equal(gesso.client(*words).wait(20 + times), 0, "wtype's status")


def scroll(key):
    """Some keys for what is done once, and then those that are measured."""

    def by_keys(_case, gesso, client, mark):
        before = settled(gesso, client)  # a window that only appears has not scrolled

        def scrolled():
            press(gesso, key, 3)
            return gesso.shot() != before

        wait_until(scrolled, f"{client.name}, scrolled", 40)
        mark()
        press(gesso, key, KEYS)
        check(client.running(), f"{client.name} ended by itself")

    return by_keys


def end_by_shell(case, client):
    (case.dir / "stop").touch()
    check_equal(client.wait(), 0, f"the status of {client.name}")


def end_by_interrupt(_case, client):
    client.send(signal.SIGINT)
    check_equal(client.wait(), 0, f"the status of {client.name}")


def end_by_signal(_case, client):
    client.send(signal.SIGTERM)
    client.wait(30)  # some say goodbye with a status of their own


@dataclasses.dataclass(frozen=True)
class Program:
    name: str  # of the table, and the executable's unless `words` has another
    package: str
    words: Callable  # case -> what follows the name
    # has it paint until it rests: (case, gesso, client, mark); calls mark() when it does steadily
    drive: Callable
    end: Callable = end_by_signal
    executable: str = ""
    variables: dict = dataclasses.field(default_factory=dict)
    rests: bool = True  # False: it paints for ever
    # for docs/unmodified.md, what its row cannot say: (lane, date, words)
    notes: tuple = ()

    def start(self, case, gesso):
        program = self.executable or self.name
        return gesso.client(program, *self.words(case), env=self.variables)


GTK = {"GDK_BACKEND": "wayland", "GSK_RENDERER": "cairo", "NO_AT_BRIDGE": "1", "GTK_A11Y": "none"}


def gtk_words(*words):
    def with_settings(case):
        write_gtk_settings(case)
        return [case.dir / "text.txt" if word == "{text}" else word for word in words]

    def all_words(case):
        write_text(case)
        return with_settings(case)

    return all_words


def chromium_words(size):
    def all_words(case):
        return [
            "--no-sandbox",  # it refuses to run as root with one
            "--test-type", "--no-first-run", "--ozone-platform=wayland", "--disable-gpu",
            "--password-store=basic", "--disable-background-networking", "--incognito",
            f"--window-size={size}", f"--user-data-dir={case.dir}/chromium",
            f"file://{write_page(case)}",
        ]  # fmt: skip

    return all_words


PROGRAMS = {
    program.name: program
    for program in (
        Program(
            "weston-simple-shm", "weston", lambda case: [], paint(40),
            end=end_by_interrupt, rests=False,
        ),
        Program(
            "weston-terminal", "weston", lambda case: [f"--shell={write_shell(case)}"],
            wait_for_text, end=end_by_shell,
        ),
        Program(
            "foot", "foot",
            lambda case: [
                "--config=/dev/null", "--override=cursor.blink=no",
                "--window-size-pixels=480x300", write_shell(case),
            ],
            check_scrolled, end=end_by_shell, variables={"WAYLAND_DEBUG": "1"},
        ),
        Program(
            "gtk4-print-editor", "gtk-4-examples", gtk_words("{text}"), scroll("Prior"), variables=GTK
        ),
        Program(
            "gtk3-demo", "gtk-3-examples", gtk_words(), scroll("Next"), variables=GTK,
            notes=(
                (
                    "host", "27 November 2026",
                    "GTK 3 makes its pools so that they cannot be sealed (memfd_create without "
                    "MFD_ALLOW_SEALING): none is imported, with `--shm import` neither. So its three "
                    "figures are of one path, and differ by what else the machine did. What is "
                    "scrolled is its list of demos.",
                ),
            ),
        ),
        Program(
            "featherpad", "featherpad", lambda case: ["--standalone", write_text(case)], scroll("Next"),
            variables={"QT_QPA_PLATFORM": "wayland"},
        ),
        Program(
            "mpv", "mpv",
            lambda case: [
                "--no-config", "--vo=wlshm", "--no-audio", "--keep-open=yes", "--osd-level=0",
                "av://lavfi:testsrc=size=480x360:rate=30:duration=4",
            ],
            play,
        ),
        Program(
            "chromium", "chromium", chromium_words("600,440"), paint(60),
            notes=(
                (
                    "host", "23 November 2026",
                    "its three pictures differ in an anti-aliased edge of its own tool bar. In "
                    "another run they were the same.",
                ),
                (
                    "kernel", "27 November 2026",
                    "it makes each pool as long as its buffer and seals it so; /dev/udmabuf takes whole "
                    "pages only, and 600x440 pixels end within one. chromium-576x416 is the same "
                    "program in a window whose pixels end with a page.",
                ),
            ),
        ),
        Program(
            "chromium-576x416", "chromium", chromium_words("576,416"), paint(60), executable="chromium"
        ),
    )
}  # fmt: skip
