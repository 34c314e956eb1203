# SPDX-License-Identifier: MIT
"""What a process costs, seen from outside, and so the same way for every compositor.

Everything is read from /proc or from the file of the interposer gl_count.so; nothing is asked of
the process itself. What cannot be read is None, never 0.
"""

import mmap
import os
import pathlib
import re
import struct
import time

from memory_sample import split_pss, total

BLOCK_BYTES = 512
KIB = 1024
# The first line of a mapping in smaps: device and inode of what is mapped.
MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ ([0-9a-f]+):([0-9a-f]+) (\d+)")
# struct gl_count of tests/harness/gl_count.h
GL_COUNT = struct.Struct("=6Q512QQ3Q")


def cpu_ns(pid):
    """User and system time of all threads of a process, those that have ended included."""
    return time.clock_gettime_ns(~pid << 3 | 2)  # CPUCLOCK_SCHED: clock_getcpuclockid(3)


def children_of(pid):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(entry.name))
    return found


def family_of(pid):
    """The process and all that descends of it."""
    family = [pid]
    for member in family:
        family += children_of(member)
    return family


def find_program(pid, name):
    """The process itself or the descendant that runs program `name`; None if there is none."""
    for member in family_of(pid):
        try:
            if pathlib.Path(f"/proc/{member}/comm").read_text().strip() == name[:15]:
                return member
        except OSError:
            continue
    return None


def _mapped_bytes(pid):
    """PSS of each mapped file, by device and inode."""
    mapped, key = {}, None
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as smaps:
        for line in smaps:
            match = MAPPING.match(line)
            if match:
                major, minor, inode = match.groups()
                key = os.makedev(int(major, 16), int(minor, 16)), int(inode)
            elif line.startswith("Pss:"):
                mapped[key] = mapped.get(key, 0) + int(line.split()[1]) * KIB
    return mapped


def _dmabuf_bytes(pid, fd):
    """The size of a dma-buf; None if the descriptor is of something else."""
    fields = dict(
        line.split(":", 1)
        for line in pathlib.Path(f"/proc/{pid}/fdinfo/{fd}").read_text().splitlines()
        if ":" in line
    )
    return int(fields["size"]) if "exp_name" in fields else None


def _held_memory(pid):
    """Shared memory and dma-bufs that a process holds by descriptor: bytes by inode."""
    shared, dmabufs = {}, {}
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            target, status = os.readlink(entry), entry.stat()
            if target.startswith(("/memfd:", "/dev/shm/")) or target.endswith("(deleted)"):
                key = status.st_dev, status.st_ino
                shared[key] = status.st_blocks * BLOCK_BYTES
            elif "dmabuf" in target:
                size = _dmabuf_bytes(pid, entry.name)
                if size is not None:
                    dmabufs[status.st_ino] = size
        except FileNotFoundError:
            continue
    return shared, dmabufs


def _unmapped_bytes(pids):
    """Shared memory and dma-bufs of the processes that are in no PSS, and of it the dma-bufs."""
    mapped, shared, dmabufs = {}, {}, {}
    for pid in pids:
        for key, pss in _mapped_bytes(pid).items():
            mapped[key] = mapped.get(key, 0) + pss
        held = _held_memory(pid)
        shared.update(held[0])
        dmabufs.update(held[1])
    missing = sum(max(0, size - mapped.get(key, 0)) for key, size in shared.items())
    # Their mappings are VM_PFNMAP, and so in no PSS.
    return missing + sum(dmabufs.values()), sum(dmabufs.values())


def _mapped_files_bytes(pid):
    """What a process has in memory of files, whoever else has the same."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssFile:"):
            return int(line.split()[1]) * KIB
    return None


def memory_of(compositor, client=None):
    """PSS of a compositor and its client, and with what is in no PSS the honest total. Textures
    of a renderer on the CPU are in the compositor's PSS. How much of the program files is counted
    hangs on who else maps them: so PSS without them is told too, and with all of them, as if the
    compositor were alone. What is anonymous is what it has beside the pixels of the clients."""
    pids = [pid for pid in (compositor, client) if pid]
    split = {pid: split_pss(pid) for pid in pids}
    try:
        unmapped, dmabufs = _unmapped_bytes(pids)
        files = _mapped_files_bytes(compositor)
    except OSError:
        unmapped = dmabufs = files = None
    own = split[compositor]
    less_files = total([*(part.rest for part in split.values()), unmapped])
    return {
        "pss_bytes": total([own.files, own.rest]),
        "pss_less_files_bytes": own.rest,
        "pss_anonymous_bytes": own.anonymous,
        "pss_alone_bytes": total([own.rest, files]),
        "honest_total_bytes": total([*(part.files for part in split.values()), less_files]),
        "honest_total_less_files_bytes": less_files,
        "dmabuf_bytes": dmabufs,
    }


class GlCount:
    """Bytes that a compositor gave to GL, counted by an interposer in a file of its own."""

    def __init__(self, interposer, path):
        self.interposer, self.path = interposer, path
        with open(path, "wb") as file:
            file.truncate(GL_COUNT.size)

    def environment(self, program):
        if not self.interposer.exists():
            return {}
        return {
            "LD_PRELOAD": str(self.interposer),
            "GESSO_GL_COUNT": str(self.path),
            "GESSO_GL_COUNT_PROGRAM": program,
        }

    def read(self):
        """Bytes and draws so far; where nothing is drawn nothing can be seen."""
        with open(self.path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as map_:
            uploaded, _, draws, *_ = GL_COUNT.unpack(map_[:])
        return uploaded, draws
