# SPDX-License-Identifier: MIT
"""
Runs cases against the installed programs: `FILE CASE [KEY=VALUE...]` runs `case_CASE` of FILE
in a private runtime directory, with an alarm. Whatever a case starts is ended by its process
id, and a process that a case left behind is a failure. On failure every log is printed.
Exit status: 0 passed, 1 failed, 77 skipped.

tests/apps/meson.build finds the cases of a file by their "def case_" lines. Where
GESSO_TEST_PICTURES names a directory, each screenshot is written there as PNG.
"""

import ctypes
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

import image

SLOW = int(os.environ.get("GESSO_TEST_SLOW", "1"))
# Deadlines are what is ample on a machine with nothing else to do; cases run beside each other
# and beside other work. A wait ends by what it waits for: no case that passes takes this time.
PATIENCE = SLOW if "GESSO_MACHINE" in os.environ else 3 * SLOW
PR_SET_CHILD_SUBREAPER = 36


class Failure(Exception):
    pass


class Skip(Exception):
    pass


def check(condition, words):
    if not condition:
        raise Failure(words)


def check_equal(got, wanted, what):
    if got != wanted:
        raise Failure(f"{what}: {got!r}, not {wanted!r}")


def wait_until(condition, what, seconds=10):
    """Polls until `condition()` is true, and returns what it gave. `what` may be a function."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"not within {seconds * PATIENCE} s: {what() if callable(what) else what}")
        time.sleep(0.02)


def read_line(fd, what, seconds=20):
    """One line from a pipe, without its newline."""
    line, end = b"", time.monotonic() + seconds * PATIENCE
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        check(ready, f"{what}: nothing within {seconds * PATIENCE} s")
        got = os.read(fd, 1)
        check(got, f"{what}: ended before its line")
        line += got
    return line[:-1].decode()


def listens(path):
    """Somebody takes connections there: a socket has its name some time before it does."""
    with socket.socket(socket.AF_UNIX) as attempt:
        try:
            attempt.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def at_rest(pid):
    """Each of its threads sleeps: it has dealt with all that woke it, however busy the machine is."""
    try:
        for task in os.scandir(f"/proc/{pid}/task"):
            with open(f"{task.path}/stat", encoding="ascii", errors="replace") as stat:
                if stat.read().rpartition(")")[2].split()[0] not in "ST":
                    return False
    except FileNotFoundError:
        return False
    return True


def children_of(pid):
    try:
        return [int(word) for word in open(f"/proc/{pid}/task/{pid}/children").read().split()]
    except FileNotFoundError:
        return []


class Process:
    """A program that the case started, in a session of its own; its output is in a log."""

    def __init__(self, rig, name, arguments, env, **options):
        self.name = name
        self.log = rig.new_log(name)
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(
                [str(word) for word in arguments],
                env=env,
                cwd=rig.dir,
                stdin=options.pop("stdin", subprocess.DEVNULL),
                stdout=out,
                stderr=out,
                start_new_session=True,
                **options,
            )
        self.pid = self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def text(self):
        return self.log.read_text(errors="replace")

    def send(self, number):
        check(self.running(), f"{self.name} ended by itself: status {self.popen.returncode}")
        self.popen.send_signal(number)

    def wait(self, seconds=15):
        """The exit status, negative for a signal."""
        try:
            return self.popen.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} did not end within {seconds * PATIENCE} s") from None

    def end(self, number=signal.SIGTERM):
        """Asks a program without a way to say goodbye to go: it may end by that signal."""
        self.send(number)
        status = self.wait()
        check(status in (0, -number, 128 + number), f"{self.name} ended with status {status}")

    def kill(self):
        if self.running():
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.popen.wait()


class Rig:
    def __init__(self, fixtures):
        self.fixtures = fixtures
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="gesso-apps-"))
        self.processes = []
        self.shots = 0
        self.shown = set()
        self.env = self._environment()

    def _environment(self):
        env = dict(os.environ)
        for name in ("WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY", "SWAYSOCK"):
            env.pop(name, None)
        env["XDG_RUNTIME_DIR"] = env["HOME"] = str(self.dir)
        env["XDG_CONFIG_HOME"] = env["XDG_CACHE_HOME"] = str(self.dir / "home")
        env["LIBGL_ALWAYS_SOFTWARE"] = "1"
        reports = f"log_path={self.dir}/sanitizer"
        env["ASAN_OPTIONS"] = ":".join(filter(None, [env.get("ASAN_OPTIONS"), reports]))
        env["UBSAN_OPTIONS"] = ":".join(filter(None, [env.get("UBSAN_OPTIONS"), reports]))
        return env

    def fixture(self, key):
        check(key in self.fixtures, f"this case needs {key}=")
        return self.fixtures[key]

    def new_log(self, name):
        number = 1
        while (self.dir / f"{name}-{number}.log").exists():
            number += 1
        path = self.dir / f"{name}-{number}.log"
        path.touch()
        return path

    def start(self, name, arguments, env=None, **options):
        process = Process(self, name, arguments, {**self.env, **(env or {})}, **options)
        self.processes.append(process)
        return process

    def run(self, arguments, env=None, seconds=15, drop=(), **options):
        """Runs a program to its end; (status, standard output as bytes, standard error as text)."""
        whole = {**self.env, **(env or {})}
        for name in drop:
            whole.pop(name, None)
        try:
            done = subprocess.run(
                [str(word) for word in arguments],
                env=whole,
                cwd=self.dir,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds * PATIENCE,
                check=False,
                **options,
            )
        except subprocess.TimeoutExpired as late:
            words = (late.stderr or b"").decode(errors="replace")
            raise Failure(f"{arguments} did not end within {seconds * PATIENCE} s: {words}") from None
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")

    def grim(self, env, *options):
        status, data, words = self.run(["grim", "-t", "ppm", *options, "-"], env)
        check(status == 0, f"grim failed: {words}")
        return self.keep(image.from_ppm(data))

    def keep(self, picture):
        if "GESSO_TEST_PICTURES" in os.environ:
            self.shots += 1
            name = "-".join([*self.fixtures.values(), str(self.shots)])
            picture.write_png(f"{os.environ['GESSO_TEST_PICTURES']}/{name}.png")
        return picture

    def record(self, path, allocator, renderer, backend, result="shown"):
        """A line for README's table of what runs where, as tests/harness/shown.h has it."""
        lane = "kernel" if "GESSO_MACHINE" in os.environ else "host"
        self.shown.add("\t".join([path, allocator or "-", renderer, backend, lane, result]) + "\n")

    def write_shown(self):
        directory = pathlib.Path(os.environ.get("GESSO_SHOWN", "/nonexistent"))
        if self.shown and directory.is_dir():
            with tempfile.NamedTemporaryFile("w", dir=directory, delete=False) as file:
                file.writelines(sorted(self.shown))

    def check_sanitizers(self):
        for path in self.dir.glob("sanitizer*"):
            raise Failure(f"a sanitizer spoke:\n{path.read_text(errors='replace')}")

    def check_nothing_left(self):
        """Daemons that a client started come to this process when their parents end."""
        for process in self.processes:
            check(not process.running(), f"{process.name} is still running")

        def all_gone():
            for pid in children_of(os.getpid()):
                os.waitpid(pid, os.WNOHANG)
            return not children_of(os.getpid())

        try:
            wait_until(all_gone, "the end of what was started", 5)
        except Failure:
            left = [open(f"/proc/{pid}/cmdline").read() for pid in children_of(os.getpid())]
            raise Failure(f"left running: {left}") from None

    def print_logs(self):
        for path in sorted(self.dir.glob("*.log")):
            lines = path.read_text(errors="replace").splitlines()
            print(f"--- {path.name}", file=sys.stderr)
            for line in lines[-60:]:
                print(f"    {line[:200]}", file=sys.stderr)

    def finish(self):
        for process in reversed(self.processes):
            process.kill()
        for pid in children_of(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        shutil.rmtree(self.dir, ignore_errors=True)


class Gesso:
    """The compositor under test. Made, it accepts clients and its probes have ended."""

    def __init__(self, rig, *options, backend="headless", env=None, command=(), **popen):
        self.rig = rig
        read_end, write_end = os.pipe()
        arguments = [os.environ["GESSO_BIN"], "--backend", backend, "--ready-fd", write_end]
        arguments += ["--probe-wait", "600000", "--probe-timeout", 20000 * PATIENCE]
        arguments += [*options, *(["--", *command] if command else [])]
        self.process = rig.start("gesso", arguments, env, pass_fds=(write_end,), **popen)
        os.close(write_end)
        self.socket = read_line(read_end, "gesso")
        os.close(read_end)
        self.pid = self.process.pid
        self.env = {"WAYLAND_DISPLAY": self.socket}
        self.idle_descriptors = None

    def client(self, *arguments, env=None, name=None, **popen):
        name = name or pathlib.Path(arguments[0]).name
        return self.rig.start(name, arguments, {**self.env, **(env or {})}, **popen)

    def shot(self):
        return self.rig.grim(self.env)

    def randr(self, *words, status=0):
        """Runs wlr-randr, which is to end with `status`; its output."""
        got, out, complaint = self.rig.run(["wlr-randr", *words], self.env)
        check_equal(got, status, f"wlr-randr {words} ({complaint})")
        return out.decode() + complaint

    def outputs_on(self):
        outputs = json.loads(self.randr("--json"))
        return {output["name"] for output in outputs if output["enabled"]}

    def memory(self):
        status, out, words = self.rig.run([os.environ["GESSO_MEMORY"], "--json"], self.env)
        check(status == 0, f"gesso-memory failed: {words}")
        return json.loads(out)

    def paths_of(self, pid):
        """The paths on which a client has had frames or refusals: {name: figures}."""
        for client in self.memory()["clients"]:
            if client["pid"] == pid:
                return client["paths"]
        return {}

    def buffers_of(self, pid):
        for client in self.memory()["clients"]:
            if client["pid"] == pid:
                return client["buffers"]
        return []

    def wait_for_window(self, ground, what, least=(16, 16)):
        """A screenshot that differs from `ground` in a box of at least this size, and the box."""

        def shown():
            picture = self.shot()
            box = picture.difference_box(ground)
            large = box and box[2] >= least[0] and box[3] >= least[1]
            return (picture, box) if large else None

        return wait_until(shown, f"a window of {what}")

    def show_another(self, ground):
        client = self.client("weston-flower", name="warm-up")
        self.wait_for_window(ground, "the warm-up client")
        client.end()
        wait_until(lambda: self.shot() == ground, "the ground again")

    def warm_up(self):
        """What is opened once (output buffers, cursor, keymap) is open now, and is counted."""
        ground = self.shot()
        for _ in range(2):
            self.show_another(ground)
        last = []

        def settled():
            if at_rest(self.pid):
                last.append(descriptors_of(self.pid))
            return len(last) >= 10 and len(set(last[-10:])) == 1

        wait_until(settled, "descriptors that stay as they are")
        self.idle_descriptors = last[-1]
        return ground

    def check_empty(self):
        """Every client of the case is gone: so are its descriptors and its ledger entry."""
        wanted = self.idle_descriptors
        if descriptors_of(self.pid) > wanted:
            # llvmpipe keeps the last texture that it drew until it draws another
            self.show_another(self.shot())
        try:
            # fewer, where llvmpipe kept the warm-up's when they were counted
            wait_until(lambda: descriptors_of(self.pid) <= wanted, "descriptors back")
        except Failure:
            for name in os.listdir(f"/proc/{self.pid}/fd"):
                print(name, os.readlink(f"/proc/{self.pid}/fd/{name}"), file=sys.stderr)
            raise Failure(
                f"the compositor had {wanted} descriptors and now has {descriptors_of(self.pid)}"
            ) from None
        known = self.memory()["clients"]
        left = [client for client in known if client["paths"] or client["buffers"]]
        check(not left, f"the ledger still knows {left}")

    def stop(self, number=signal.SIGTERM):
        self.process.send(number)
        check_equal(self.process.wait(), 0, "gesso's exit status")
        self.rig.check_sanitizers()


def _raise_deadline(_number, _frame):
    raise Failure("the case's deadline passed")


def main(cases):
    if len(sys.argv) < 2 or f"case_{sys.argv[1]}" not in cases:
        print(f"usage: {sys.argv[0]} CASE [KEY=VALUE...]", file=sys.stderr)
        sys.exit(2)
    fixtures = {"case": sys.argv[1], **dict(word.split("=", 1) for word in sys.argv[2:])}
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGALRM, _raise_deadline)
    signal.alarm(50 * PATIENCE)
    rig = Rig(fixtures)
    status = 1
    try:
        cases[f"case_{sys.argv[1]}"](rig)
        rig.check_nothing_left()
        rig.check_sanitizers()
        rig.write_shown()
        status = 0
    except Skip as why:
        print(f"skipped: {why}", file=sys.stderr)
        status = 77
    except Failure as why:
        traceback.print_exc(limit=-4)
        rig.print_logs()
        print(f"failed: {why}", file=sys.stderr)
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc()
        rig.print_logs()
    finally:
        signal.alarm(0)
        rig.finish()
    sys.exit(status)
