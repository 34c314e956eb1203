#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Shows documents on every path of one lane, and compares the pictures.

    demo.py --build DIR --lane host|kernel --out DIR --logs DIR [--size WxH] DOCUMENT...

Writes LANE-RENDERER-PATH-DOCUMENT.png for each, and prints what carried it. The exit status
is 1 if a picture is missing or two that must be the same are not.
"""

import argparse
import os
import pathlib
import sys
import time

import memory_sample
import pictures
from figures import table
from memory_measure import ALLOCATORS, reason_of
from session import Deadline, Process, Programs, SessionError, start_gesso

RATE_HZ = 10
# A smaller screen shows as much of the document, only smaller.
WIDTH_AT_ZOOM_1 = 1280
# Painted again and again, so that a buffer that is reused is on the picture, not the first one.
FRAMES_BEFORE_PICTURE = 5
# renderer, gesso-demo's path
SHOWS = (("pixman", "native"), ("gles2", "native"), ("pixman", "shm"), ("gles2", "shm"))


def say(words):
    print(f"  {words}", file=sys.stderr, flush=True)


def wait_frames(programs, compositor, client, deadline):
    """Until the document was painted a few times; the report of then."""
    while True:
        compositor.check_alive()
        client.check_alive()
        deadline.check("some frames")
        report = memory_sample.take_report(programs, compositor.socket, deadline.left_s() + 1)
        if memory_sample.count_frames(report, [client.pid])["frames"] >= FRAMES_BEFORE_PICTURE:
            return report
        time.sleep(0.2)


def take_pictures(settings, name, compositor, deadline):
    environment = {**os.environ, **compositor.environment()}
    png, ppm = settings.out / f"{name}.png", settings.logs / f"{name}.ppm"
    pictures.take(png, "png", environment, deadline.left_s() + 1)
    pictures.take(ppm, "ppm", environment, deadline.left_s() + 1)
    if pictures.is_blank(ppm):
        raise pictures.PictureError(f"{png.name} shows one colour only")
    return ppm


def describe(report, pids, wanted):
    counts = memory_sample.count_frames(report, pids)
    exporters = {dmabuf["exporter"] for dmabuf in report["dmabufs"] if dmabuf["exporter"]}
    return {
        "path": memory_sample.main_path(counts),
        "allocator": ",".join(memory_sample.allocators_of(report, pids)) or "—",
        "dmabufs": ",".join(sorted(exporters)) or "—",
        "frames": counts["frames"],
        "copied": counts["copied"],
        "reason": reason_of(report, pids) or ("shm was asked for" if wanted == "shm" else ""),
    }


def show(settings, renderer, path, document):
    name = f"{settings.lane}-{renderer}-{path}-{pathlib.Path(document).stem}"
    deadline = Deadline(settings.deadline)
    demo = [
        settings.programs.demo,
        "--path", path, "--in-turn", "--fullscreen", "--rate", str(RATE_HZ),
        "--zoom", f"{int(settings.size.split('x')[0]) / WIDTH_AT_ZOOM_1:.3f}",
        "--print-ready", "--", document,
    ]  # fmt: skip
    shown = {"name": name, "renderer": renderer, "wanted": path, "document": document}
    try:
        with start_gesso(
            settings.programs,
            renderer,
            ALLOCATORS[settings.lane],
            settings.size,
            settings.logs / f"{name}-gesso.log",
            deadline,
            ["--fullscreen"],
        ) as compositor, Process(
            "gesso-demo", demo, settings.logs / f"{name}-demo.log", compositor.environment()
        ) as client:
            client.wait_line("ready", deadline)
            report = wait_frames(settings.programs, compositor, client, deadline)
            shown.update(describe(report, [client.pid], path))
            shown["ppm"] = take_pictures(settings, name, compositor, deadline)
            if path == "native" and shown["path"] != "native":
                shown["failed"] = f"path native was not had: {shown['reason']}"
    except (SessionError, memory_sample.SampleError, pictures.PictureError) as error:
        shown["failed"] = str(error)
    return shown


def row(shown):
    if "path" not in shown:
        return [f"{shown['name']}.png", "failed", "", "", "", "", ""]
    return [
        f"{shown['name']}.png",
        shown["path"],
        shown["allocator"],
        shown["dmabufs"],
        str(shown["frames"]),
        f"{shown['copied'] / shown['frames'] / 1024:.0f}",
        shown["reason"],
    ]


def print_shown(shown):
    head = ["picture", "path", "allocator", "dma-bufs of", "frames", "KiB copied a frame"]
    head.append("why not native")
    for line in table([head] + [row(one) for one in shown]):
        print(f"  {line}")
    for one in shown:
        if "failed" in one:
            print(f"  {one['name']}: {one['failed']}")


def print_comparison(shown):
    """All paths show one document alike, on both renderers. Returns whether that holds."""
    same = True
    for document in dict.fromkeys(one["document"] for one in shown):
        taken = [one for one in shown if one["document"] == document and "ppm" in one]
        for one in taken[1:]:
            verdict = pictures.compare(one["ppm"], taken[0]["ppm"])
            same = same and verdict == "identical"
            print(f"  {one['name']}.png and {taken[0]['name']}.png: {verdict}")
    return same


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--lane", required=True, choices=("host", "kernel"))
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--logs", required=True, type=pathlib.Path)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--deadline", type=float, default=60)
    parser.add_argument("documents", nargs="+")
    return parser.parse_args()


def main():
    settings = parse_arguments()
    settings.programs = Programs(settings.build)
    settings.out.mkdir(parents=True, exist_ok=True)
    settings.logs.mkdir(parents=True, exist_ok=True)
    shown = []
    for renderer, path in SHOWS:
        for document in settings.documents:
            say(f"{settings.lane}: {pathlib.Path(document).name} on {renderer}, path {path}")
            shown.append(show(settings, renderer, path, document))
    print(f"\n{settings.lane} lane, {settings.size} pixels")
    print_shown(shown)
    same = print_comparison(shown)
    return 0 if same and not any("failed" in one for one in shown) else 1


if __name__ == "__main__":
    sys.exit(main())
