#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""What compositors cost for the same client, side by side in one run; see tools/bench --help.

In each round every scene is shown by every contender, one after the other, the order turned on by
one each round and round the other way every second time. Ratios pair two runs of one round.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

import bench_chart
import bench_print
from bench_figures import Results, fit_by_size
from bench_marks import full_screen, judge
from bench_peers import BIG_PEERS, CONTENDERS, PEERS, Scene, check_choice
from bench_run import run
from memory_sample import SampleError
from session import Programs, SessionError, end_on_signals

SIZES = ((640, 480), (1280, 720), (1920, 1080), (3840, 2160))
WINDOWS = (0, 1, 4, 16, 64)
# A contender that has failed so often in a scene is not started in it again.
TRIES = 2
# Frames a second up to so many megapixels: what the slowest can do on a busy machine too, so that
# all have the same rate.
RATES = {"pixman": ((4, 30), (1e9, 15)), "gl": ((1, 30), (4, 15), (1e9, 5))}


def scenes_of(renderers, sizes, windows, damages):
    return [
        Scene(renderer, *size, count, damage)
        for renderer in renderers
        for count in windows
        for damage in damages
        for size in sizes
    ]


def quick_scenes():
    return (
        scenes_of(["pixman"], SIZES, [0], ["full"])
        + scenes_of(["gl"], [SIZES[0], SIZES[2]], [0], ["full"])
        + scenes_of(["pixman"], [SIZES[2]], [0], ["caret"])
    )


def usual_scenes():
    return (
        scenes_of(["pixman", "gl"], SIZES, [0], ["full"])
        + scenes_of(["pixman", "gl"], [SIZES[2]], [0], ["caret"])
        + scenes_of(["pixman"], [SIZES[2]], WINDOWS[1:], ["full"])
    )


def chosen_scenes(settings):
    if settings.renderers or settings.sizes or settings.windows or settings.damage:
        return scenes_of(
            settings.renderers or ["pixman", "gl"],
            settings.sizes or [SIZES[1]],
            settings.windows or [0],
            settings.damage or ["full"],
        )
    if settings.set == "full":
        return scenes_of(["pixman", "gl"], SIZES, WINDOWS, ["full", "caret"])
    return quick_scenes() if settings.set == "quick" else usual_scenes()


def chosen_compositors(settings):
    if settings.compositors:
        check_choice(settings.compositors)
        return settings.compositors
    names = ("cage", "weston") if settings.set == "quick" else PEERS
    return ["gesso", *names, *(BIG_PEERS if settings.peers == "all" else ())]


def in_turn(contenders, number):
    at = number % len(contenders) if contenders else 0
    order = contenders[at:] + contenders[:at]
    return order[::-1] if number % 2 else order


def say(words):
    print(f"  {words}", file=sys.stderr, flush=True)


class Bench:
    """All rounds; stops between two scenes when the time is over."""

    def __init__(self, settings, scenes, contenders):
        self.settings, self.scenes, self.contenders = settings, scenes, contenders
        self.results = Results()
        self.failures = {}
        self.end_s = time.monotonic() + settings.seconds
        self.longest_s = {}

    def run_one(self, scene, contender, number):
        key = scene, contender
        missing = contender.missing(self.settings.programs)
        if missing:
            self.results.reasons[key] = missing
            return
        if self.failures.get(key) == TRIES:
            return
        label = f"{number + 1}-{scene}-{contender.name}".replace(", ", "-").replace(" ", "-")
        try:
            figures = run(self.settings, scene, contender, label)
            self.results.add(scene, contender, number, figures)
            words = f"{figures['cpu_ms_per_frame']:.3f} ms, {figures['frames_per_second']:.1f} a second"
        except (SessionError, SampleError, OSError, subprocess.SubprocessError) as error:
            words = f"unavailable: {str(error).splitlines()[0]}"
            self.failures[key] = self.failures.get(key, 0) + 1
            self.results.reasons[key] = str(error)
        say(f"round {number + 1}: {scene}: {contender.name}: {words}")

    def run_scene(self, scene, number):
        began_s = time.monotonic()
        contenders = [c for c in self.contenders if c.shows(scene)]
        for contender in in_turn(contenders, number):
            self.run_one(scene, contender, number)
        took_s = time.monotonic() - began_s
        self.longest_s[scene] = max(took_s, self.longest_s.get(scene, 0))

    def run(self):
        """Returns whether there was time for all."""
        for number in range(self.settings.rounds):
            for scene in self.scenes:
                if time.monotonic() + self.longest_s.get(scene, 0) > self.end_s:
                    say("the time is over")
                    return False
                self.run_scene(scene, number)
        return True


def usual_rate(scene):
    return next(rate for most, rate in RATES[scene.renderer] if scene.megapixels <= most)


def words_list(text):
    return [word for word in text.split(",") if word]


def sizes_list(text):
    return [tuple(int(side) for side in size.split("x")) for size in words_list(text)]


def windows_list(text):
    return [int(count) for count in words_list(text)]


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--logs", required=True)
    parser.add_argument("--set", choices=("quick", "usual", "full"), default="usual")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--peers", default="")
    parser.add_argument("--compositors", type=words_list, default=[])
    parser.add_argument("--renderers", type=words_list, default=[])
    parser.add_argument("--sizes", type=sizes_list, default=[])
    parser.add_argument("--windows", type=windows_list, default=[])
    parser.add_argument("--damage", type=words_list, default=[])
    parser.add_argument("--json")
    parser.add_argument("--chart")
    settings = parser.parse_args()
    settings.programs = Programs(settings.build)
    settings.logs = pathlib.Path(settings.logs)
    settings.rate_of = lambda scene: settings.rate or usual_rate(scene)
    return settings


def scene_to_json(results, scene):
    return {
        "renderer": scene.renderer,
        "size": scene.size,
        "windows": scene.windows,
        "full_screen": scene.windows == 0,
        "damage": scene.damage,
        "contenders": [
            {
                **results.summary(scene, contender),
                "rounds": results.runs.get((scene, contender), {}),
            }
            for contender in results.contenders(scene)
        ],
    }


def fits_to_json(results):
    fits = []
    for renderer in ("pixman", "gl"):
        scenes = full_screen(results, renderer)
        for contender in dict.fromkeys(c for scene in scenes for c in results.contenders(scene)):
            found = fit_by_size(results, contender, scenes.__contains__)
            fits.append({"renderer": renderer, "compositor": contender.name, "ms": found})
    return fits


def to_json(settings, results, marks, complete):
    return {
        "gesso_bench": 2,
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "kernel": f"{platform.system()} {platform.release()}",
        "processors": os.cpu_count(),
        "rounds": settings.rounds,
        "all_rounds_run": complete,
        "frames": settings.frames,
        "scenes": [scene_to_json(results, scene) for scene in results.scenes()],
        "fits": fits_to_json(results),
        "marks": marks,
    }


def main():
    end_on_signals()
    settings = parse_arguments()
    settings.logs.mkdir(parents=True, exist_ok=True)
    try:
        names = chosen_compositors(settings)
    except SessionError as error:
        sys.exit(f"bench: {error}")
    contenders = [c for c in CONTENDERS if c.compositor in names]
    bench = Bench(settings, chosen_scenes(settings), contenders)
    complete = bench.run()
    results = bench.results
    results.mark_rates()
    marks = judge(results)
    bench_print.print_all(results, marks)
    if settings.json:
        text = json.dumps(to_json(settings, results, marks, complete), indent=1)
        pathlib.Path(settings.json).write_text(text + "\n")
    if settings.chart and results.runs:
        bench_chart.write(results, settings.chart)
    return 0 if results.runs else 1


if __name__ == "__main__":
    sys.exit(main())
