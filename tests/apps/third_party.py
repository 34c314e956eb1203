# SPDX-License-Identifier: MIT
"""Programs that know nothing of Gesso: they show, take the right path, and leave nothing."""

import signal

import rig
from rig import check, check_equal, wait_until

SIZE = (640, 480)
SHM_PATHS = {"pixman": "shm-direct", "gles2": "shm-upload"}

# Terminals end when their shell does; the others by a signal, and some say goodbye then.
TERMINALS = ("weston-terminal", "foot")
ARGUMENTS = {
    "weston-terminal": ["--shell={shell}"],
    "foot": ["--config=/dev/null", "{shell}"],
}
SAYS_GOODBYE = (
    "weston-simple-shm",
    "weston-simple-egl",
    "weston-simple-damage",
    "weston-presentation-shm",
)
# The least part of the screen that the window must change.
LEAST = {
    "weston-simple-shm": (200, 200),
    "weston-simple-egl": (200, 200),
    "weston-flower": (60, 60),
    "weston-presentation-shm": (200, 200),
    "weston-scaler": (200, 100),
    "weston-simple-damage": (200, 200),
    "weston-subsurfaces": (300, 200),
    "weston-terminal": (400, 300),
    "foot": (400, 300),
}


def write_shell(case):
    shell = case.dir / "shell"
    shell.write_text("#!/bin/sh\necho Gesso\nuntil [ -e stop ]; do sleep 0.05; done\n")
    shell.chmod(0o700)
    return shell


def start(case, gesso, program):
    shell = write_shell(case)
    words = [word.format(shell=shell) for word in ARGUMENTS.get(program, [])]
    return gesso.client(program, *words)


def end(case, program, client):
    if program in TERMINALS:
        check(client.running(), f"{program} ended by itself")
        (case.dir / "stop").touch()
        status = client.wait()
        # foot gives its shell's status; an end by an error is 230 there.
        check_equal(status, 0, f"the status of {program}")
    elif program in SAYS_GOODBYE:
        client.send(signal.SIGINT)
        check_equal(client.wait(), 0, f"the status of {program}")
    else:
        client.end()


def has_picture(shot, ground):
    """A terminal is blank before its shell has printed."""
    box = shot.difference_box(ground)
    return box is not None and shot.crop(*box).colours() > 2


def case_shows(case):
    program, renderer = case.fixture("client"), case.fixture("renderer")
    gesso = rig.Gesso(case, "--renderer", renderer, "--size", "%dx%d" % SIZE)
    ground = gesso.warm_up()
    client = start(case, gesso, program)
    gesso.wait_for_window(ground, program, LEAST[program])
    wait_until(lambda: has_picture(gesso.shot(), ground), "a picture in the window")
    check(client.running(), f"{program} ended by itself")

    paths = wait_until(lambda: gesso.paths_of(client.pid), f"{program} in the report")
    allowed = {SHM_PATHS[renderer], "other"} | ({"shm-import"} if renderer == "gles2" else set())
    check(set(paths) <= allowed, f"{program} is on {sorted(paths)}")
    figures = paths[SHM_PATHS[renderer]]
    check(figures["frames"] > 0, f"no frame is counted: {figures}")
    copied = figures["copied_bytes"]
    check((copied > 0) == (renderer == "gles2"), f"{copied} bytes were copied on {renderer}")

    end(case, program, client)
    wait_until(lambda: gesso.shot() == ground, "the ground again")
    gesso.check_empty()
    gesso.stop()


def case_many_at_once(case):
    """Ten programs together, half of them killed: the others are still served."""
    gesso = rig.Gesso(case, "--renderer", case.fixture("renderer"), "--size", "%dx%d" % SIZE)
    ground = gesso.warm_up()
    programs = ("weston-flower", "weston-simple-shm") * 5
    clients = [gesso.client(program) for program in programs]

    def all_shown():
        known = {client["pid"] for client in gesso.memory()["clients"] if client["surfaces"]}
        return all(client.pid in known for client in clients)

    wait_until(all_shown, "every client in the report", 20)
    for client in clients[:5]:
        client.kill()
    pids = {client.pid for client in clients[:5]}
    wait_until(
        lambda: not pids & {client["pid"] for client in gesso.memory()["clients"]},
        "the killed clients gone from the report",
    )
    for client in clients[5:]:
        client.end(signal.SIGTERM)
    wait_until(lambda: gesso.shot() == ground, "the ground again")
    gesso.check_empty()
    gesso.stop()


if __name__ == "__main__":
    rig.main(globals())
