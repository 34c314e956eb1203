# SPDX-License-Identifier: MIT
"""Checks what tests/tools/bench has measured, and the parts of tools/bench by themselves."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import types

work, build = pathlib.Path(sys.argv[1]), sys.argv[2]
sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "tools" / "measure"))

# pylint: disable=wrong-import-position
import bench as bench_module
import bench_run
import bench_texture
import bench_wake_ups
import outside
from bench import Bench, in_turn
from bench_figures import Results, fit, fit_by_size
from bench_marks import judge, median_interval
from bench_peers import CONTENDERS, Scene, why_no_dmabuf, why_no_gl
from bench_scenes import SCANOUT_RATES, chosen_scenes, find_scanout_rate, usual_rate
from session import Programs, SessionError


def contender(name, renderer="pixman"):
    return next(c for c in CONTENDERS if c.name == name and c.renderer == renderer)


def check_measured():
    whole = json.loads((work / "full.json").read_text())
    assert len(whole["scenes"]) == 8 and whole["all_rounds_run"]
    for scene in whole["scenes"]:
        width, height = (int(side) for side in scene["size"].split("x"))
        found = {entry["compositor"]: entry for entry in scene["contenders"]}
        scanout = " scan-out" if scene["scanout"] else ""
        names = [f"gesso {path}{scanout}" for path in ("shm", "native")]
        assert all(name.endswith("scan-out") == bool(scanout) for name in found), found
        for name in names + ([] if scanout else ["weston"]):
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
        assert found[f"gesso native{scanout}"]["path"] == "native"
        cage = found[f"cage{scanout}"]
        if scene["renderer"] == "pixman":
            assert scanout or found["kwin"]["unavailable"] == "not installed", found["kwin"]
            assert cage["runs"] == 1 and cage["ledger_bytes_per_frame"] is None
        elif cage["runs"] == 0:
            assert "renderer" in cage["unavailable"], cage
    table = (work / "full").read_text()
    assert "kwin: not installed" in table and "for a megapixel" in table, table
    assert "or its texture first drawn (draw)" in table, table
    texture = whole["texture_ready"]
    assert 0 < texture["import"]["intercept_us"] and texture["upload"]["slope_us"] > 0, texture
    assert texture["draw"]["slope_us"] < texture["upload"]["slope_us"] / 20, texture
    assert (work / "full.svg").read_text().rstrip().endswith("</svg>")


def check_kept():
    lines = (work / "full.marks").read_text().splitlines()
    assert lines[0].startswith("tools/bench --rounds 1 --frames 5"), lines[0]
    assert "processors, load before" in lines[1] and "all rounds run" in lines[2], lines
    marks = [line.split()[0] for line in lines[5:]]
    whole = json.loads((work / "full.json").read_text())
    assert len(marks) == len(whole["marks"]) > 0, lines
    assert set(marks) <= {"held", "missed", "not"}, lines
    if why_no_dmabuf():
        assert not any("gesso dmabuf" in line for line in lines), "judged, and not to be had here"


def check_windows():
    whole = json.loads((work / "windows.json").read_text())
    for scene in whole["scenes"]:
        found = {entry["compositor"]: entry for entry in scene["contenders"]}
        dmabuf = found.pop("gesso dmabuf")
        assert scene["window_size"] == "50x40", scene["window_size"]
        assert dmabuf["unavailable"] or dmabuf["runs"] == 1, "a path without figures or a reason"
        assert sorted(found) == ["gesso native", "gesso shm", "labwc"], sorted(found)
        for name, entry in found.items():
            run = entry["rounds"]["0"]
            assert run["frames"] == 5 * scene["windows"], (name, run["frames"])
    assert "what one window of 50x40 more costs" in (work / "windows").read_text()


def check_fit():
    line = fit([(0.5, 2.0), (1.0, 3.0), (2.0, 5.0)])
    assert abs(line["slope"] - 2) < 1e-9 and abs(line["intercept"] - 1) < 1e-9, line
    assert line["slope_error"] < 1e-9, line
    assert fit([(1, 1), (1, 2)]) is None
    assert fit([(1, 1), (2, 2)])["slope_error"] is None


def figures_of(cpu, rate=30, **others):
    return {
        "frames_per_second": rate,
        "interval_ms_median": 1000 / rate,
        "rate": round(rate / 10) * 10,
        "path": "shm-direct",
        "cpu_ms_per_frame": cpu,
        "idle_pss_bytes": 100,
        "idle_pss_alone_bytes": 100,
        "gl_bytes_per_frame": None,
        **others,
    }


def made_up(rates_and_cpu):
    """Results of one scene: by contender, (frames a second, ms) for each round."""
    scene, results = Scene("pixman", 1280, 720, 0, "full"), Results()
    for name, runs in rates_and_cpu.items():
        for number, (rate, cpu) in enumerate(runs):
            results.add(scene, contender(name), number, figures_of(cpu, rate))
    results.mark_rates()
    return scene, results


def marks_of(runs):
    """The marks of runs, each (scene, contender's name, round, figures), by what they judge."""
    results = Results()
    for scene, name, number, figures in runs:
        results.add(scene, contender(name, scene.renderer), number, figures)
    results.mark_rates()
    return {mark["what"]: mark for mark in judge(results)}


def only(marks, start):
    found = [mark for what, mark in marks.items() if what.startswith(start)]
    assert len(found) == 1, (start, marks)
    return found[0]


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


def check_interval():
    """By the tables of the sign test: of nine the second from either end, of twelve the third."""
    for count, below in ((6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (20, 6)):
        values = list(range(count, 0, -1))
        assert median_interval(values) == (below, count + 1 - below), (count, median_interval(values))
    assert median_interval([1] * 5) is None


def scanned(renderer, name, slope, rate=60, rounds=3, damage="full", **others):
    """Of one contender at four sizes: 0.2 ms and so much for a megapixel, and a little noise."""
    for width, height in ((640, 480), (1280, 720), (1920, 1080), (3840, 2160)):
        scene = Scene(renderer, width, height, 0, damage, True)
        for number in range(rounds):
            cpu = 0.2 + slope * scene.megapixels + (0.01, -0.01, 0)[number % 3]
            yield scene, f"{name} scan-out", number, figures_of(cpu, rate, **others)


def check_flat():
    marks = marks_of([*scanned("pixman", "gesso shm", 0.0001), *scanned("pixman", "cage", 0.002)])
    flat = only(marks, "flat on pixman: gesso shm")
    assert flat["verdict"] == "held" and "cage scan-out's own: +0.0020 ± " in flat["words"], flat
    against = [mark for what, mark in marks.items() if what.startswith("scan-out on pixman")]
    assert [mark["verdict"] for mark in against] == ["held"] * 5, marks
    assert ", 12 pairs)" in only(marks, "scan-out on pixman, all sizes")["words"], marks
    marks = marks_of(scanned("pixman", "gesso shm", 0.05))
    flat = only(marks, "flat on pixman")
    assert flat["verdict"] == "missed" and "own" not in flat["words"], flat
    # one that paints as much at each size has marks of its own
    painted = [*scanned("pixman", "gesso shm", 0.05), *scanned("pixman", "gesso shm", 0, damage="caret")]
    marks = marks_of([*painted, *scanned("pixman", "cage", 0, damage="caret")])
    assert only(marks, "flat on pixman: ")["verdict"] == "missed", marks
    assert only(marks, "flat on pixman, a caret repainted: ")["verdict"] == "held", marks
    assert only(marks, "scan-out on pixman, a caret repainted, 640x480")["verdict"] == "held", marks
    # cage has no GL: its runs on pixman are taken, and what is uploaded is promised no flatness
    gl = [*scanned("gl", "gesso native", 0, path="native")]
    gl += scanned("gl", "gesso shm", 0.5, path="shm-upload")
    marks = marks_of([*gl, *scanned("pixman", "cage", -0.01)])
    assert only(marks, "flat on gl")["verdict"] == "held", marks
    against = only(marks, "scan-out on gl, 3840x2160")
    assert against["verdict"] == "missed" and "cage scan-out on pixman" in against["what"], marks
    # but not at another rate
    marks = marks_of([*gl, *scanned("pixman", "cage", -0.01, rate=30)])
    assert only(marks, "scan-out on gl, 3840x2160")["verdict"] == "not compared", marks


def check_one_rate():
    """The fourth size was shown at half the rate, where a frame costs more: not on the line."""
    results, peer = Results(), contender("weston")
    for (width, height), rate, cpu in (
        ((1000, 1000), 30, 1), ((2000, 1000), 30, 2), ((3000, 1000), 30, 3), ((9000, 1000), 20, 99)
    ):  # fmt: skip
        results.add(Scene("pixman", width, height, 0, "full"), peer, 0, figures_of(cpu, rate))
    results.mark_rates()
    found = fit_by_size(results, peer, lambda scene: True)
    assert found["rate"] == 30 and abs(found["slope"] - 1) < 1e-9 and found["points"] == 3, found


def check_caret():
    full, small = Scene("pixman", 1920, 1080, 0, "full"), Scene("pixman", 640, 480, 0, "full")
    caret = dataclasses.replace(full, damage="caret")
    for cost, verdict in ((0.05, "held"), (0.3, "missed")):
        mark = only(
            marks_of([
                (full, "gesso shm", 0, figures_of(1.0)),
                (small, "gesso shm", 0, figures_of(0.2)),
                (caret, "gesso shm", 0, figures_of(cost)),
                (full, "cage", 0, figures_of(2.0)),
                (caret, "cage", 0, figures_of(0.5)),
            ]),
            "caret against full repaint, pixman, 1920x1080: gesso shm",
        )  # fmt: skip
        assert mark["verdict"] == verdict and mark["ratio"] == cost, mark
        fixed = 0.2 - 0.8 * small.megapixels / (full.megapixels - small.megapixels)
        less = (cost - fixed) / (1 - fixed)
        assert f"{less:.3f} ×; cage's own: 0.250 ×" in mark["words"], (mark, less)
    results = Results()
    for scene, cost in ((full, 1.0), (caret, 0.3)):
        results.add(scene, contender("gesso shm"), 0, figures_of(cost))
    results.mark_rates()
    results.wake_ups = {"rate": 30, "ms_per_frame": [0.06, 0.09, 0.05]}
    words = only({mark["what"]: mark for mark in judge(results)}, "caret against")["words"]
    assert words.endswith("; two wake-ups that do nothing: 0.060 ms, 0.060 ×"), words


def check_wake_ups():
    chosen = settings()
    chosen.frames = 5
    chosen.deadline = 60
    found = bench_wake_ups.measure(chosen, 60)
    assert found["rate"] == 60 and len(found["ms_per_frame"]) == bench_wake_ups.TRIALS, found
    assert all(0 < cost < 1000 / 60 for cost in found["ms_per_frame"]), found
    chosen.programs = types.SimpleNamespace(wake_ups="/nonexistent/program")
    assert "/nonexistent/program" in bench_wake_ups.measure(chosen, 60)["unavailable"]


def check_gl():
    scene = Scene("gl", 1920, 1080, 0, "full")
    for cost, rate, verdict in ((4.0, 30, "held"), (6.0, 30, "missed"), (4.0, 20, "not compared")):
        marks = marks_of([
            (scene, "gesso native", 0, figures_of(cost, path="native", gl_bytes_per_frame=0)),
            (scene, "gesso shm", 0, figures_of(4.0, path="shm-upload", gl_bytes_per_frame=8)),
            (scene, "weston", 0, figures_of(10.0, rate)),
        ])  # fmt: skip
        mark = only(marks, "composed on llvmpipe, 1920x1080: gesso native against weston")
        assert mark["verdict"] == verdict, mark
        assert only(marks, "nothing copied on llvmpipe")["verdict"] == "held", marks


def check_idle():
    scene = Scene("pixman", 1280, 720, 0, "full")
    for pss, verdict in ((104, "held"), (106, "missed")):
        marks = marks_of([
            (scene, "gesso shm", 0, figures_of(1, idle_pss_bytes=pss)),
            (scene, "cage", 0, figures_of(1, rate=20)),  # what rests has no rate
        ])  # fmt: skip
        assert only(marks, "idle PSS, pixman")["verdict"] == verdict, marks
        assert only(marks, "idle PSS with no file shared")["verdict"] == "held", marks


def check_growth():
    def windowed(name, growth, **others):
        for count in (1, 4, 16):
            pss = {"pss_less_files_bytes": 5000 + growth * count, "client_buffer_bytes": 1000 * count}
            pss["pss_anonymous_bytes"] = 1024 * growth * count
            pss["dmabuf_bytes"] = 1000 if name == "gesso dmabuf" else 0
            pss["honest_total_less_files_bytes"] = 9000 + 1005 * count
            scene = Scene("pixman", 1920, 1080, count, "full")
            yield scene, name, 0, figures_of(1, **{**pss, **others})

    peers = [*windowed("labwc", 200), *windowed("weston", 300)]
    what = "PSS a window of 240x135, pixman, 1920x1080, full: gesso native against labwc, the best peer"
    for growth, verdict in ((190, "held"), (210, "missed")):
        marks = marks_of([*windowed("gesso native", growth, path="native"), *peers])
        assert only(marks, what)["verdict"] == verdict, marks
        assert "dma-bufs" not in only(marks, what)["words"], marks
        dmabuf = marks_of([*windowed("gesso dmabuf", growth, path="dmabuf"), *peers])
        for mark in dmabuf.values():
            assert mark["what"].startswith("honest") or "no PSS counts" in mark["words"], mark
        least = [mark for what, mark in marks.items() if what.startswith("PSS less program files")]
        assert [mark["verdict"] for mark in least] == [verdict] * 3, marks
        assert f", {growth}.0 and 200.0 KiB of them anonymous" in only(marks, what)["words"], marks
        honest = only(marks, "honest total a window of 240x135, pixman")
        assert honest["verdict"] == "held" and "+0.5 %" in honest["words"], honest


def check_texture():
    text = """import: us from commit to texture
      fit import: 19.738 us at 0 pixels, -0.0476 +- 0.0310 us a megapixel; a round trip alone 13.1 us
      fit upload: -146.7 us at 0 pixels, +2655.0896 +- 71.0852 us a megapixel; a round trip alone 9.0 us
    """
    fits = bench_texture.read_fits(text)
    assert fits["upload"]["slope_us"] == 2655.0896 and fits["import"]["intercept_us"] == 19.738, fits
    for slope, verdict in ((fits["import"]["slope_us"], "held"), (0.07, "missed")):
        results = Results()
        results.texture_ready = {"import": {**fits["import"], "slope_us": slope}}
        assert [mark["verdict"] for mark in judge(results)] == [verdict], slope


def check_order():
    assert [in_turn([1, 2, 3], number) for number in range(3)] == [[1, 2, 3], [1, 3, 2], [3, 1, 2]]
    assert usual_rate(Scene("gl", 3840, 2160, 0, "full")) < 30
    assert usual_rate(Scene("pixman", 640, 480, 0, "full")) == 30


def check_scanout_rate():
    """One rate for all sizes: what the client can do at the largest."""
    scenes = [Scene("pixman", 640, 480, 0, "full", True), Scene("pixman", 3840, 2160, 0, "full", True)]
    scenes += [Scene("pixman", 7680, 4320, 0, "full")]
    asked = []

    def show(scene, rate):
        asked.append((scene.size, rate))
        return min(rate, 31)

    assert find_scanout_rate(scenes, show) == 30
    assert asked == [("3840x2160", 60), ("3840x2160", 30)], asked
    assert find_scanout_rate(scenes, lambda scene, rate: None) == SCANOUT_RATES[-1]
    assert find_scanout_rate(scenes[2:], show) is None


class Clock:
    """Of a machine on which each run takes so long, whatever it is of."""

    def __init__(self, run_s):
        self.now_s, self.run_s, self.runs = 1000.0, run_s, []

    def __call__(self):
        return self.now_s

    def run(self, settings_of_run, scene, peer, label):
        took_s = min(self.run_s, settings_of_run.deadline_s)
        self.now_s += took_s
        self.runs.append((scene, peer, took_s))
        if took_s < self.run_s:
            raise SessionError("too late")
        return figures_of(1.0, settings_of_run.rate_of(scene))


def quick_bench(run_s, seconds):
    """What tools/bench --quick would do there: whether all was run, after how long, and the runs."""
    clock = Clock(run_s)
    choice = types.SimpleNamespace(
        set="quick", renderers=[], sizes=[], windows=[], window=None, damage=[],
        shown=None, rate=None, rounds=3, frames=30, seconds=seconds, programs=Programs(build), deadline=60,
    )  # fmt: skip
    peers = [c for c in CONTENDERS if c.compositor in ("gesso", "cage", "weston")]
    bench = Bench(choice, chosen_scenes(choice), peers, clock)
    kept = bench_module.run, bench_module.say
    bench_module.run, bench_module.say = clock.run, lambda words: None
    try:
        return bench.run(), clock.now_s - 1000, clock.runs
    finally:
        bench_module.run, bench_module.say = kept


def check_quick_ends():
    """In time, also where a scene that was never run takes far longer than was thought."""
    whole, took_s, runs = quick_bench(0.1, 225)
    assert whole and len(runs) > 100, len(runs)
    for run_s in (3, 10, 59, 300):
        whole, took_s, runs = quick_bench(run_s, 225)
        assert not whole and runs and took_s <= 225, (run_s, took_s, len(runs))


def settings():
    (work / "dying").mkdir(exist_ok=True)
    return types.SimpleNamespace(
        programs=Programs(build), logs=work / "dying", frames=100000, rate_of=lambda scene: 60,
        deadline_s=60, report_s=10, allocator="memfd",
    )


def failure_of(peer, name, frames=100000):
    scene = Scene("pixman", 320, 240, 0, "full")
    chosen = settings()
    chosen.frames = frames
    try:
        bench_run.run(chosen, scene, peer, name)
    except SessionError as error:
        return str(error)
    raise AssertionError(f"{name}: gave figures")


def check_memory():
    """The parts of one reading, none of them counted twice."""
    with subprocess.Popen(["sleep", "60"]) as process:
        time.sleep(0.1)
        found = outside.memory_of(process.pid)
        rollup = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        process.kill()
    pss = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
    # who else maps its files may come and go
    assert abs(found["pss_bytes"] - pss) < 64 * 1024, (found, rollup)
    files = found["pss_bytes"] - found["pss_less_files_bytes"]
    assert found["honest_total_bytes"] - found["honest_total_less_files_bytes"] == files, found
    assert 0 < found["pss_anonymous_bytes"] <= found["pss_less_files_bytes"], found


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


def check_fallback():
    """What was measured on another path than was asked for is no figure of that path."""
    if why_no_dmabuf():
        assert "/dev/udmabuf" in why_no_dmabuf()
        words = failure_of(contender("gesso dmabuf"), "fallback", 5)
        assert words.startswith("the client fell back to shm: udmabuf: /dev/udmabuf: "), words
    stats = {"path": "dmabuf", "reason": {"words": ""}}
    bench_run.check_path(contender("gesso dmabuf"), "dmabuf", stats)
    bench_run.check_path(contender("gesso shm"), "shm-direct", {"path": "shm"})
    try:
        bench_run.check_path(contender("gesso dmabuf"), "shm-direct", stats)
    except SessionError as error:
        assert "path shm-direct" in str(error), error
    else:
        raise AssertionError("figures of a path that the ledger does not know")


def check_vgem():
    """No peer is waited for on a render node that shows nothing."""
    drm = work / "drm"
    assert why_no_gl(drm) is None
    for node, device in (("renderD128", "vgem"), ("renderD129", "virtio0")):
        (work / "devices" / device).mkdir(parents=True)
        (drm / node).mkdir(parents=True)
        (drm / node / "device").symlink_to(work / "devices" / device)
        words = why_no_gl(drm)
        assert (words is None) == (device != "vgem"), words
    assert why_no_gl(work / "nothing") is None


for check in (
    check_measured, check_kept, check_windows, check_fit, check_pairs, check_interval, check_flat, check_one_rate,
    check_caret, check_gl, check_idle, check_growth, check_texture, check_order, check_scanout_rate,
    check_quick_ends, check_memory, check_wake_ups, check_dying, check_fallback, check_vgem,
):  # fmt: skip
    check()
