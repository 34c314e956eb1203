# SPDX-License-Identifier: MIT
"""What the three programs answer to wrong options, values and files, and how gesso ends."""

import os
import re
import resource
import signal

import rig
from rig import check, check_equal, wait_until

GESSO = os.environ["GESSO_BIN"]
HEADLESS = [GESSO, "--backend", "headless", "--renderer", "pixman", "--size", "320x240"]

# Arguments; what the one line must name.
WRONG_GESSO = [
    (["--nonsense"], ["--nonsense"]),
    (["-x"], ["-x"]),
    (["word"], ["word"]),
    (["--size"], ["--size"]),
    (["--size", "0x0"], ["--size", "0x0", "1280x720"]),
    (["--size", "abc"], ["--size", "abc", "1280x720"]),
    (["--size", "640"], ["--size", "640", "1280x720"]),
    (["--size", "640x480x2"], ["--size", "640x480x2", "1280x720"]),
    (["--size", "-1x5"], ["--size", "-1x5", "1280x720"]),
    (["--size", "99999999x1"], ["--size", "99999999x1", "16384"]),
    (["--size", ""], ["--size", "1280x720"]),
    (["--backend", "bare"], ["--backend", "bare", "headless", "wayland", "x11", "auto"]),
    (["--renderer", "vulkan"], ["--renderer", "vulkan", "auto", "pixman", "gles2"]),
    (["--renderer=", "pixman"], ["--renderer"]),
    (["--allocator", "paper"], ["--allocator", "paper", "udmabuf", "memfd"]),
    (["--allocator", "udmabuf,paper"], ["--allocator", "paper", "udmabuf", "memfd"]),
    (["--allocator", ""], ["--allocator", "udmabuf", "memfd"]),
    (["--budget", "0"], ["--budget", "0"]),
    (["--budget", "-5"], ["--budget", "-5"]),
    (["--budget", "9" * 40], ["--budget", "9" * 40]),
    (["--budget", "12MiB"], ["--budget", "12MiB"]),
    (["--limits", ""], ["--limits", "descriptors"]),
    (["--limits", "windows=3"], ["--limits", "windows=3", "descriptors"]),
    (["--limits", "buffers=3,"], ["--limits", "buffers=3,"]),
    (["--limits", "buffers"], ["--limits", "buffers"]),
    (["--limits", "rate=0"], ["--limits", "rate=0"]),
    (["--limits", "ceiling=-1"], ["--limits", "ceiling=-1"]),
    (["--outputs", "0"], ["--outputs", "0", "16"]),
    (["--outputs", "1e3"], ["--outputs", "1e3", "16"]),
    (["--scale", "0"], ["--scale", "0", "8"]),
    (["--scale", "nan"], ["--scale", "nan", "8"]),
    (["--probe-timeout", "soon"], ["--probe-timeout", "soon"]),
    (["--probe-wait", "-1"], ["--probe-wait", "-1", "0"]),
    (["--ready-fd", "77"], ["--ready-fd", "77"]),
    (["--ready-fd", "-1"], ["--ready-fd", "-1"]),
    (["--socket", "a/b"], ["--socket", "a/b"]),
    (["--socket", ""], ["--socket"]),
    (["--log-level", "loud"], ["--log-level", "loud", "error", "info", "debug"]),
    (["--fullscreen=yes"], ["--fullscreen"]),
    (["--exit-with-command"], ["--exit-with-command"]),
]
WRONG_MEMORY = [
    (["--nonsense"], ["nonsense"]),
    (["word"], ["word"]),
    (["--watch"], ["watch"]),
    (["--watch", "0"], ["--watch", "0.1"]),
    (["--watch", "often"], ["--watch", "often", "0.1"]),
    (["--json=yes"], ["json"]),
    (["--socket"], ["socket"]),
]


def check_refused(case, program, arguments, names):
    status, out, words = case.run([program, *arguments])
    lines = words.splitlines()
    check_equal(status, 2, f"the status for {arguments} ({words})")
    check_equal(out, b"", f"standard output for {arguments}")
    check_equal(len(lines), 1, f"the lines for {arguments} ({words})")
    for name in names:
        check(name in words, f"{arguments}: {name!r} is not in: {words}")


def case_gesso_refuses(case):
    for arguments, names in WRONG_GESSO:
        check_refused(case, GESSO, arguments, names)


def case_memory_refuses(case):
    for arguments, names in WRONG_MEMORY:
        check_refused(case, os.environ["GESSO_MEMORY"], arguments, names)


def case_memory_without_compositor(case):
    """One line that names what is missing; it is no mistake of the command line."""
    memory = os.environ["GESSO_MEMORY"]
    for words, drop in (([], []), (["--socket", "nowhere"], []), ([], ["XDG_RUNTIME_DIR"])):
        status, out, complaint = case.run([memory, *words], drop=drop)
        check_equal((status, out), (1, b""), f"gesso-memory {words}")
        own = [line for line in complaint.splitlines() if line.startswith("gesso-memory: ")]
        check_equal(len(own), 1, f"own lines of {complaint}")


def case_memory_without_report(case):
    gesso = rig.Gesso(case, "--renderer", "pixman", "--no-report")
    status, out, words = case.run([os.environ["GESSO_MEMORY"]], gesso.env)
    check_equal((status, out), (1, b""), f"gesso-memory ({words})")
    check_equal(len(words.splitlines()), 1, f"lines of {words}")
    check("report" in words, f"not said: {words}")
    gesso.stop()


def case_help_and_version(case):
    demo = os.environ.get("GESSO_DEMO")
    for program in filter(None, (GESSO, os.environ["GESSO_MEMORY"], demo)):
        for option, pattern in (("--help", rb"^Usage: "), ("--version", rb"^gesso\S* \d+\.\d+")):
            status, out, words = case.run([program, option])
            check_equal((status, words), (0, ""), f"{program} {option}")
            check(re.match(pattern, out), f"{program} {option} printed {out[:200]}")


def check_explained(result, *names):
    status, _, words = result
    check_equal(status, 1, f"the status ({words})")
    errors = [line for line in words.splitlines() if "[ERROR]" in line]
    check(any(all(name in line for name in names) for line in errors), f"{names} not in: {words}")


def case_no_runtime_dir(case):
    check_explained(case.run(HEADLESS, drop=["XDG_RUNTIME_DIR"]), "XDG_RUNTIME_DIR", "not set")
    missing = {"XDG_RUNTIME_DIR": "/nonexistent"}
    check_explained(case.run(HEADLESS, missing), "/nonexistent")


def case_socket_taken(case):
    gesso = rig.Gesso(case, "--renderer", "pixman", "--socket", "taken")
    check_equal(gesso.socket, "taken", "the socket's name")
    check_explained(case.run([*HEADLESS, "--socket", "taken"]), "taken")
    gesso.stop()


def case_no_session(case):
    """Nested without a parent: said at once, and it ends."""
    check_explained(case.run([GESSO, "--backend", "wayland"]), "WAYLAND_DISPLAY")
    check_explained(
        case.run([GESSO, "--backend", "wayland"], {"WAYLAND_DISPLAY": "nowhere"}),
        "WAYLAND_DISPLAY",
    )
    check_explained(case.run([GESSO, "--backend", "x11"]), "DISPLAY")
    check_explained(case.run([GESSO, "--backend", "x11"], {"DISPLAY": ":4711"}), "DISPLAY")


def run_command(case, *command):
    return case.run([*HEADLESS, "--exit-with-command", "--", *command])


def case_exit_with_command(case):
    for command, wanted in (
        (["true"], 0),
        (["sh", "-c", "exit 7"], 7),
        (["sh", "-c", "kill -KILL $$"], 128 + signal.SIGKILL),
        (["sh", "-c", "kill -TERM $$"], 128 + signal.SIGTERM),
    ):
        status, _, words = run_command(case, *command)
        check_equal(status, wanted, f"the status of gesso with {command} ({words[-2000:]})")


def case_command_not_found(case):
    for command, name in (("/nonexistent/tool", "/nonexistent/tool"), ("no-such-tool", "no-such-tool")):
        status, _, words = run_command(case, command)
        check(status in (1, 127), f"status {status} with {command}")
        lines = [line for line in words.splitlines() if "[ERROR]" in line and name in line]
        check_equal(len(lines), 1, f"lines that say so in {words}")


def case_command_ends_alone(case):
    """Without --exit-with-command gesso outlives its command."""
    gesso = rig.Gesso(case, "--renderer", "pixman", command=["sh", "-c", "exit 3"])
    wait_until(lambda: "ended with status 3" in gesso.process.text(), "the end of the command")
    gesso.shot()
    gesso.stop()


def case_command_environment(case):
    """A command has the display's name, three descriptors, its own limits and no blocked signal."""
    script = """
        echo "display=$WAYLAND_DISPLAY"
        for fd in /proc/self/fd/*; do [ -e "$fd" ] && echo "fd=${fd##*/}"; done
        echo "soft=$(ulimit -Sn)"
        echo "raised=$(awk '/^Max open files/ {print $4}' /proc/$PPID/limits)"
        grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\t'
        kill -0 $$ && echo "end"
    """
    path = case.dir / "command"
    path.write_text(script)
    helper = case.dir / "helper"
    helper.write_text(f"#!/bin/sh\nulimit -Sn >>{case.dir}/helper-soft\nexit 1\n")
    helper.chmod(0o700)

    def narrow():
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 4000))
        # A job in the background of a script begins with these ignored.
        for number in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)

    status, out, words = case.run(
        [*HEADLESS, "--exit-with-command", "--socket", "named", "--", "sh", path],
        {"GESSO_PROBE_HELPER": str(helper)},
        preexec_fn=narrow,
    )
    check_equal(status, 0, f"the status of gesso ({words[-2000:]})")
    lines = out.decode().splitlines()
    check("display=named" in lines, f"not the display: {lines}")
    check("soft=200" in lines, f"not the limit that was there before: {lines}")
    check("raised=4000" in lines, f"gesso's own limit was not raised: {lines}")
    helpers = (case.dir / "helper-soft").read_text().split()
    check_equal(set(helpers), {"200"}, "the limits of the probe's helpers")
    masks = [line for line in lines if line.startswith("Sig")]
    check_equal(masks, ["SigBlk:" + "0" * 16, "SigIgn:" + "0" * 16], "signal masks")
    # The shell itself, or the script it reads, may be at 3 and above 9.
    leaked = [line for line in lines if re.fullmatch(r"fd=([4-9])", line)]
    check(not leaked, f"descriptors leaked into the command: {lines}")


def case_command_descriptors(case):
    """Counted without a shell between: only 0, 1, 2 and the one that lists them."""
    status, out, words = run_command(case, "ls", "/proc/self/fd")
    check_equal(status, 0, f"the status ({words[-2000:]})")
    check_equal(out.split(), [b"0", b"1", b"2", b"3"], "the command's descriptors")


def end_with_clients(case, number):
    gesso = rig.Gesso(case, "--renderer", "pixman", "--size", "640x480")
    ground = gesso.shot()
    clients = [gesso.client("weston-simple-shm"), gesso.client("weston-flower")]
    wait_until(
        lambda: sum(1 for c in gesso.memory()["clients"] if c["surfaces"]) >= 2, "both clients"
    )
    check(gesso.shot() != ground, "nothing is shown")
    gesso.stop(number)
    for client in clients:
        client.wait()
    check(not (case.dir / gesso.socket).exists(), "the socket is left behind")
    check(not (case.dir / f"{gesso.socket}.lock").exists(), "the lock is left behind")


def case_sigterm_with_clients(case):
    end_with_clients(case, signal.SIGTERM)


def case_sigint_with_clients(case):
    end_with_clients(case, signal.SIGINT)


def case_sigterm_at_once(case):
    """Before it is ready: it ends the same way, whatever the probe is doing."""
    for delay in (0, 1, 5, 20, 50):
        process = case.start("gesso", [GESSO, "--backend", "headless", "--renderer", "pixman"])
        wait_until(process.text, "its first line")
        signal.sigtimedwait([signal.SIGUSR2], delay / 1000)
        process.popen.send_signal(signal.SIGTERM)
        status = process.wait()
        check(status in (0, -signal.SIGTERM), f"{status} after SIGTERM at {delay} ms")


def case_sigusr1_prints_the_ledger(case):
    gesso = rig.Gesso(case, "--renderer", "pixman", "--size", "640x480")
    client = gesso.client("weston-flower")
    wait_until(lambda: gesso.paths_of(client.pid), "the client in the report")
    gesso.process.send(signal.SIGUSR1)
    wait_until(lambda: "shm-direct" in gesso.process.text(), "the ledger on standard error")
    check(str(client.pid) in gesso.process.text(), "the ledger does not name the client")
    client.end()
    gesso.stop()


def case_log_level(case):
    quiet = [*HEADLESS, "--exit-with-command", "--log-level", "error", "--", "true"]
    status, out, words = case.run(quiet)
    check_equal((status, out, words), (0, b"", ""), "gesso with --log-level error")
    status, _, words = case.run([GESSO], {"GESSO_LOG": "loud"})
    check_equal(status, 2, "the status for GESSO_LOG=loud")
    check("GESSO_LOG" in words and "loud" in words, f"not named: {words}")


if __name__ == "__main__":
    rig.main(globals())
