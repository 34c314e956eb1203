# SPDX-License-Identifier: MIT
"""Checks what tests/tools/bench has measured, and the parts of tools/bench by themselves."""

import dataclasses
import json
import os
import pathlib
import sys
import threading
import types

work, build = pathlib.Path(sys.argv[1]), sys.argv[2]
sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "tools" / "measure"))

# pylint: disable=wrong-import-position
import bench_run
from bench import in_turn, usual_rate
from bench_figures import Results, fit
from bench_marks import judge
from bench_peers import CONTENDERS, Scene
from session import Programs, SessionError


def contender(name, renderer="pixman"):
    return next(c for c in CONTENDERS if c.name == name and c.renderer == renderer)


def check_measured():
    whole = json.loads((work / "full.json").read_text())
    assert len(whole["scenes"]) == 4 and whole["all_rounds_run"]
    for scene in whole["scenes"]:
        width, height = (int(side) for side in scene["size"].split("x"))
        found = {entry["compositor"]: entry for entry in scene["contenders"]}
        for name in ("gesso shm", "gesso native", "gesso native scan-out", "weston"):
            entry = found[name]
            assert entry["runs"] == 1, (name, entry["unavailable"])
            for figure in ("cpu_ms_per_frame", "client_cpu_ms_per_frame", "honest_total_bytes"):
                assert entry[figure]["median"] > 0, (name, figure)
            assert entry["honest_total_bytes"]["median"] > entry["pss_bytes"]["median"], name
            copied = entry["gl_bytes_per_frame"]
            if scene["renderer"] == "pixman":
                assert copied is None, (name, copied)
            else:
                wanted = 0 if "native" in name else width * height * 4
                assert copied["median"] == wanted, (name, copied, wanted)
        assert found["gesso native"]["path"] == "native"
        if scene["renderer"] == "pixman":
            assert found["kwin"]["unavailable"] == "not installed", found["kwin"]
            assert found["cage"]["runs"] == 1 and found["cage"]["ledger_bytes_per_frame"] is None
        elif found["cage"]["runs"] == 0:
            assert "renderer" in found["cage"]["unavailable"], found["cage"]
    table = (work / "full").read_text()
    assert "kwin: not installed" in table and "for a megapixel" in table, table
    assert (work / "full.svg").read_text().rstrip().endswith("</svg>")


def check_windows():
    whole = json.loads((work / "windows.json").read_text())
    for scene in whole["scenes"]:
        found = {entry["compositor"]: entry for entry in scene["contenders"]}
        assert sorted(found) == ["gesso native", "gesso shm", "labwc"], sorted(found)
        for name, entry in found.items():
            run = entry["rounds"]["0"]
            assert run["frames"] == 5 * scene["windows"], (name, run["frames"])
    assert "what one window of 40x30 more costs" in (work / "windows").read_text()


def check_fit():
    line = fit([(0.5, 2.0), (1.0, 3.0), (2.0, 5.0)])
    assert abs(line["slope"] - 2) < 1e-9 and abs(line["intercept"] - 1) < 1e-9, line
    assert line["slope_error"] < 1e-9, line
    assert fit([(1, 1), (1, 2)]) is None
    assert fit([(1, 1), (2, 2)])["slope_error"] is None


def made_up(rates_and_cpu):
    """Results of one scene: by contender, (frames a second, ms) for each round."""
    scene, results = Scene("pixman", 1280, 720, 0, "full"), Results()
    for name, runs in rates_and_cpu.items():
        for number, (rate, cpu) in enumerate(runs):
            figures = {"frames_per_second": rate, "interval_ms_median": 1000 / rate}
            figures.update(cpu_ms_per_frame=cpu, idle_pss_bytes=100, idle_pss_alone_bytes=100)
            results.add(scene, contender(name), number, figures)
    results.mark_rates()
    return scene, results


def check_pairs():
    scene, results = made_up({
        "gesso shm": [(30, 1.0), (30, 2.0), (20, 9.0)],
        "cage": [(30, 2.0), (30, 2.0), (30, 1.0)],
        "labwc": [(30, 4.0), (30.5, 4.0), (30, 4.0)],
    })  # fmt: skip
    ours, cage = contender("gesso shm"), contender("cage")
    assert results.ratios("cpu_ms_per_frame", (scene, ours), (scene, cage)) == [0.5, 1.0]
    assert results.median(scene, ours, "cpu_ms_per_frame") == 1.5
    marks = {mark["what"]: mark for mark in judge(results)}
    composed = next(mark for what, mark in marks.items() if what.startswith("composed"))
    assert "against cage" in composed["what"] and composed["verdict"] == "held", composed
    assert composed["ratio"] == 0.75, composed
    _, results = made_up({"gesso shm": [(30, 2.2)], "cage": [(30, 2.0)]})
    assert judge(results)[0]["verdict"] == "missed", judge(results)
    _, results = made_up({"gesso shm": [(20, 2.2)], "cage": [(30, 2.0)]})
    assert judge(results)[0]["verdict"] == "not compared", judge(results)


def check_order():
    assert [in_turn([1, 2, 3], number) for number in range(3)] == [[1, 2, 3], [1, 3, 2], [3, 1, 2]]
    assert usual_rate(Scene("gl", 3840, 2160, 0, "full")) < 30
    assert usual_rate(Scene("pixman", 640, 480, 0, "full")) == 30


def settings():
    (work / "dying").mkdir(exist_ok=True)
    return types.SimpleNamespace(
        programs=Programs(build), logs=work / "dying", frames=100000, rate_of=lambda scene: 60
    )


def failure_of(peer, name):
    scene = Scene("pixman", 320, 240, 0, "full")
    try:
        bench_run.run(settings(), scene, peer, name)
    except SessionError as error:
        return str(error)
    raise AssertionError(f"{name}: a compositor that dies gave figures")


def check_dying():
    def start_words(start):
        return start.run("peer", ["sh", "-c", "echo last words >&2; exit 3"], {})

    def start_doomed(start):
        compositor = contender("weston").start(start)
        threading.Timer(2, os.kill, (compositor.pid, 9)).start()
        return compositor

    words = failure_of(dataclasses.replace(contender("weston"), start=start_words), "words")
    assert words.startswith("peer ended early with status 3: last words"), words
    words = failure_of(dataclasses.replace(contender("weston"), start=start_doomed), "doomed")
    assert words.startswith("weston ended early with status -9"), words
    assert not list(pathlib.Path(os.environ["XDG_RUNTIME_DIR"]).glob("gesso-bench-*"))


for check in (
    check_measured, check_windows, check_fit, check_pairs, check_order, check_dying
):  # fmt: skip
    check()
