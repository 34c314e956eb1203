# SPDX-License-Identifier: MIT
"""One sample: what gesso-memory says of a compositor and of the clients that are measured.

A figure is a number of bytes, or None where it cannot be read: never 0 in its place.
"""

import collections
import json
import subprocess

# name, title, what it is
FIGURES = (
    ("compositor_pss", "compositor PSS", "measured: smaps_rollup"),
    ("clients_pss", "clients PSS", "measured: smaps_rollup"),
    (
        "compositor_pss_with_dmabuf",
        "compositor PSS + its share of dma-bufs",
        "measured: each dma-buf divided among the processes that hold it",
    ),
    (
        "clients_pss_with_dmabuf",
        "clients PSS + their share of dma-bufs",
        "measured: each dma-buf divided among the processes that hold it",
    ),
    ("dmabuf", "dma-buf bytes", "measured: fdinfo, each inode once"),
    ("dmabuf_unaccounted", "  of these in no PSS", "measured: fdinfo less smaps"),
    ("memfd_unaccounted", "shared memory in no PSS", "measured: st_blocks less smaps"),
    ("texture", "texture bytes", "claimed by the compositor"),
    ("texture_unaccounted", "  of these not in its PSS", "claimed by the compositor"),
    ("honest_total", "honest total", "the sum of PSS and all that is in no PSS"),
    ("files", "  of it program files", "measured: Pss_File of smaps_rollup"),
    ("less_files", "honest total less program files", "the same with PSS less Pss_File"),
)
FIGURE_NAMES = tuple(name for name, _, _ in FIGURES)
# These add up to the honest total.
PARTS = (
    "compositor_pss",
    "clients_pss",
    "dmabuf_unaccounted",
    "memfd_unaccounted",
    "texture_unaccounted",
)


ROLLUP = "/proc/{}/smaps_rollup"


class SampleError(Exception):
    """gesso-memory could not be run or understood."""


def take_report(programs, socket, timeout_s):
    command = [str(programs.memory), "--json", "--socket", socket]
    try:
        run = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        raise SampleError(f"gesso-memory did not end within {timeout_s:g} s") from None
    except OSError as error:
        raise SampleError(f"gesso-memory: {error.strerror}") from None
    if run.returncode != 0:
        raise SampleError(run.stderr.decode(errors="replace").strip() or "gesso-memory failed")
    try:
        return json.loads(run.stdout)
    except ValueError as error:
        raise SampleError(f"gesso-memory printed what is no JSON ({error})") from None


def total(values):
    """None if one of them is None: an unknown part makes an unknown sum."""
    values = list(values)
    return None if None in values else sum(values)


def clients_of(report, pids):
    """The reader itself is a client too, and is left out."""
    return [client for client in report["clients"] if client["pid"] in pids]


SplitPss = collections.namedtuple("SplitPss", "files rest anonymous")


def split_pss(pid):
    """A process's PSS of files, and the rest of it, from one reading; the first falls whenever
    another process maps the same files, and so between two readings. What is anonymous is of the
    rest, and shared with nobody; what is left of that is memory of memfds and the like."""
    found = {}
    try:
        with open(ROLLUP.format(pid), encoding="ascii") as rollup:
            for line in rollup:
                name, _, value = line.partition(":")
                if name in ("Pss", "Pss_File", "Pss_Anon"):
                    found[name] = int(value.split()[0]) * 1024
    except OSError:
        pass
    if len(found) < 3:
        return SplitPss(None, None, None)
    return SplitPss(found["Pss_File"], found["Pss"] - found["Pss_File"], found["Pss_Anon"])


def sample_from_report(report, pids):
    clients = clients_of(report, pids)
    compositor = report["compositor"]
    totals = report["totals"]
    sample = {
        "compositor_pss": compositor["pss"],
        "clients_pss": total(client["pss"] for client in clients),
        "compositor_pss_with_dmabuf": compositor["pss_with_dmabuf"],
        "clients_pss_with_dmabuf": total(client["pss_with_dmabuf"] for client in clients),
        "dmabuf": total(dmabuf["size"] for dmabuf in report["dmabufs"]),
        "dmabuf_unaccounted": totals["dmabuf_unaccounted"],
        "memfd_unaccounted": totals["memfd_unaccounted"],
        "texture": totals["texture"],
        "texture_unaccounted": totals["texture_unaccounted"],
    }
    if len(clients) != len(pids):
        sample["clients_pss"] = sample["clients_pss_with_dmabuf"] = None
    sample["honest_total"] = total(sample[part] for part in PARTS)
    split = [split_pss(pid) for pid in [compositor["pid"], *pids]]
    sample["files"] = total(part.files for part in split)
    rest = [part.rest for part in split]
    sample["less_files"] = total(rest + [sample[part] for part in PARTS if "_pss" not in part])
    return sample


def count_frames(report, pids):
    """Frames and bytes copied so far, and the buffers held now, by path."""
    counts = {"frames": 0, "copied": 0, "buffers": 0, "paths": {}}
    for client in clients_of(report, pids):
        counts["buffers"] += len(client["buffers"])
        for name, path in client["paths"].items():
            counts["frames"] += path["frames"]
            counts["copied"] += path["copied_bytes"]
            if path["frames"] > 0:
                counts["paths"][name] = counts["paths"].get(name, 0) + path["frames"]
    return counts


def count_path(report, pids, path):
    """Frames and bytes copied so far on one path."""
    paths = [client["paths"].get(path) for client in clients_of(report, pids)]
    paths = [figures for figures in paths if figures]
    return sum(p["frames"] for p in paths), sum(p["copied_bytes"] for p in paths)


def main_path(counts):
    """The path that most frames took."""
    paths = counts["paths"]
    return max(paths, key=paths.get) if paths else None


def allocators_of(report, pids):
    names = {
        buffer["allocator"]
        for client in clients_of(report, pids)
        for buffer in client["buffers"]
        if buffer["allocator"]
    }
    return sorted(names)


def unavailable_of(report, pids):
    """Why a figure is missing, in gesso-memory's own words."""
    words = list(report["totals"]["unavailable"])
    present = {client["pid"] for client in report["clients"]}
    words += [f"client with pid {pid} is not in the report" for pid in pids if pid not in present]
    return words
