# SPDX-License-Identifier: MIT
"""Starts a compositor and its clients for a measurement, and ends each by its pid.

Nothing here outlives its `with` block: what does not end on SIGTERM is killed. Every wait has a
deadline, and past it comes a SessionError that says what was waited for and the end of the log.
"""

import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import time

STOP_S = 10
LOG_TAIL_LINES = 12
# The environment that gesso and its rivals would otherwise take other choices from.
IGNORED_VARIABLES = ("WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY", "GESSO_LOG")
# By default glibc comes to keep freed blocks of up to 32 MiB, as large as textures are, and a
# measurement would depend on what was freed before. Held here, it gives them back at once.
ALLOCATION = {"MALLOC_MMAP_THRESHOLD_": "131072"}


def end_on_signals():
    """A signal ends the run as an exception does, so that nothing that was started is left."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))


def listens(path):
    """Somebody takes connections there: a socket has its name some time before it does."""
    with socket.socket(socket.AF_UNIX) as attempt:
        try:
            attempt.connect(str(path))
        except OSError:
            return False
    return True


class SessionError(Exception):
    """A process did not do what a measurement needs; says which and why."""


class Deadline:
    def __init__(self, seconds):
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    def left_s(self):
        return max(0.0, self.end - time.monotonic())

    def check(self, what):
        if self.left_s() == 0:
            raise SessionError(f"{what}: not within {self.seconds:g} s")


class Process:
    """One process with its output in a file, ended with the block."""

    def __init__(self, name, command, log_path, environment=None, pass_fds=()):
        self.name = name
        self.log_path = pathlib.Path(log_path)
        variables = {k: v for k, v in os.environ.items() if k not in IGNORED_VARIABLES}
        variables.update({**ALLOCATION, **(environment or {})})
        with open(self.log_path, "wb") as log:
            self.popen = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=variables,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        self.pid = self.popen.pid
        self.output = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def fail(self, words):
        """Raises with the log's last line beside the words, and those before it below."""
        lines = self.log_path.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        last = f": {lines[-1]}" if lines else ""
        raise SessionError("\n".join([f"{self.name} {words}{last}", *lines[:-1]]))

    def check_alive(self):
        status = self.popen.poll()
        if status is not None:
            self.fail(f"ended early with status {status}")

    def _read_some(self, seconds):
        """False at the end of the output."""
        ready, _, _ = select.select([self.popen.stdout], [], [], seconds)
        if not ready:
            return True
        chunk = os.read(self.popen.stdout.fileno(), 65536)
        self.output += chunk
        return bool(chunk)

    def wait_line(self, word, deadline):
        """Returns the first output line that starts with `word`."""
        while True:
            for line in self.output.decode(errors="replace").split("\n")[:-1]:
                if line.startswith(word):
                    return line
            if deadline.left_s() == 0:
                self.fail(f"did not say '{word}' within {deadline.seconds:g} s")
            if not self._read_some(min(1.0, deadline.left_s())):
                self.popen.wait()
                self.fail(f"ended with status {self.popen.returncode} before it said '{word}'")

    def wait_end(self, deadline):
        """Returns the exit status; the output is in `output` then."""
        while self._read_some(min(1.0, deadline.left_s())):
            if deadline.left_s() == 0:
                self.fail(f"did not end within {deadline.seconds:g} s")
        return self.popen.wait()

    def stop(self):
        """SIGTERM to it and what it started, then SIGKILL; returns the exit status."""
        if self.popen.returncode is None:
            os.killpg(self.pid, signal.SIGTERM)
        try:
            self.output += self.popen.communicate(timeout=STOP_S)[0] or b""
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self.popen.wait()
        self.popen.stdout.close()
        return self.popen.returncode

    def stats(self):
        """The JSON object that gesso-demo prints at its end."""
        text = self.output.decode(errors="replace")
        start = text.find("{")
        if start < 0:
            self.fail("printed no statistics")
        try:
            return json.JSONDecoder().raw_decode(text[start:])[0]
        except ValueError as error:
            self.fail(f"printed statistics that are no JSON ({error})")


class Programs:
    """Where a build directory has what is measured."""

    def __init__(self, build):
        build = pathlib.Path(build)
        self.gesso = build / "compositor" / "gesso"
        self.memory = build / "compositor" / "gesso-memory"
        self.demo = build / "client-demo" / "demo" / "gesso-demo"
        self.probe = build / "compositor" / "gesso-probe"
        self.gl_count = build / "tests" / "harness" / "gl_count.so"
        self.texture = build / "tests" / "bench" / "bench-texture"
        self.wake_ups = build / "tests" / "bench" / "bench-wake-ups"


class Compositor(Process):
    """A compositor that is ready; `environment()` leads clients to its socket."""

    def __init__(self, name, command, log_path, deadline, environment=None, runtime_dir=None):
        """The command writes the socket's name to the descriptor '{fd}' in it, or makes the only
        socket in `runtime_dir`, which is then its runtime directory."""
        told = any("{fd}" in str(word) for word in command)
        self.runtime_dir = runtime_dir
        if runtime_dir:
            environment = {**(environment or {}), "XDG_RUNTIME_DIR": str(runtime_dir)}
        read_fd, write_fd = os.pipe()
        command = [str(word).replace("{fd}", str(write_fd)) for word in command]
        try:
            super().__init__(name, command, log_path, environment, pass_fds=(write_fd,))
        except OSError as error:
            os.close(read_fd)
            raise SessionError(f"{name}: {error.filename}: {error.strerror}") from None
        finally:
            os.close(write_fd)
        try:
            name = self._read_socket(read_fd, deadline) if told else self._find_socket(deadline)
            self.socket = str(pathlib.Path(runtime_dir) / name) if runtime_dir else name
        except BaseException:  # a signal too
            self.stop()
            raise
        finally:
            os.close(read_fd)

    def _read_socket(self, read_fd, deadline):
        name = b""
        while not name.endswith(b"\n"):
            if deadline.left_s() == 0:
                self.fail(f"was not ready within {deadline.seconds:g} s")
            ready, _, _ = select.select([read_fd], [], [], min(1.0, deadline.left_s()))
            chunk = os.read(read_fd, 256) if ready else None
            if chunk == b"":
                self.popen.wait()
            self.check_alive()
            name += chunk or b""
        return name.decode().strip()

    def _find_socket(self, deadline):
        while True:
            for path in pathlib.Path(self.runtime_dir).glob("wayland-*"):
                if path.is_socket() and listens(path):
                    return path.name
            if deadline.left_s() == 0:
                self.fail(f"made no socket within {deadline.seconds:g} s")
            self.check_alive()
            time.sleep(0.05)

    def environment(self):
        return {"WAYLAND_DISPLAY": self.socket}


def start_gesso(
    programs,
    renderer,
    allocator,
    size,
    log_path,
    deadline,
    extra=(),
    environment=None,
    runtime_dir=None,
):
    """A headless gesso, ready: every allocator's probe has answered."""
    command = [
        programs.gesso,
        "--backend", "headless",
        "--renderer", renderer,
        "--allocator", allocator,
        "--size", size,
        "--probe-timeout", str(int(deadline.seconds * 1000)),
        "--probe-wait", "3600000",
        "--ready-fd", "{fd}",
        *extra,
    ]  # fmt: skip
    variables = {"GESSO_PROBE_HELPER": str(programs.probe), **(environment or {})}
    return Compositor("gesso", command, log_path, deadline, variables, runtime_dir)
