# SPDX-License-Identifier: MIT
"""The tables that tools/bench prints."""

import os

from bench_figures import fit_by_size
from bench_marks import full_screen, growth, is_own, of_each, windowed_groups
from figures import UNAVAILABLE, mib, table

# What the others are set against, the first of them that could be compared.
BASES = ("cage", "weston", "sway", "labwc")
HEAD = ["CPU ms a frame", "against {}", "client ms", "copied a frame", "frames/s", "95 % of intervals", "PSS", "honest total"]


def base_of(results, scene):
    for name in BASES:
        for contender in results.contenders(scene):
            if contender.compositor == name and results.comparable(scene, contender):
                return contender
    return None


def in_range(summary, digits):
    median, low, high = (f"{summary[key]:.{digits}f}" for key in ("median", "min", "max"))
    return median if low == high else f"{median} ({low}–{high})"


def copied_words(scene, summary):
    """Counted from outside on GL; what only gesso's own ledger says is marked so."""
    if summary["gl_bytes_per_frame"]:
        return f"{mib(summary['gl_bytes_per_frame']['median'])} MiB"
    if summary["ledger_bytes_per_frame"] and scene.renderer != "gl":
        return f"{mib(summary['ledger_bytes_per_frame']['median'])} MiB (ledger)"
    return UNAVAILABLE


def memory_words(summary, figure):
    return f"{mib(summary[figure]['median'])} MiB" if summary[figure] else UNAVAILABLE


def row(results, scene, contender, base):
    summary = results.summary(scene, contender)
    if not summary["runs"]:
        words = (summary["unavailable"] or "not run").splitlines()[0]
        return [f"{contender.name}: {words}"]
    ratios = results.ratios("cpu_ms_per_frame", (scene, contender), (scene, base)) if base else []
    ratio = f"{sorted(ratios)[len(ratios) // 2]:.3f}" if ratios else "—"
    if not results.comparable(scene, contender):
        ratio = "other rate"
    return [
        f"{contender.name} ({summary['path']})" if is_own(contender) else contender.name,
        in_range(summary["cpu_ms_per_frame"], 3),
        ratio,
        f"{summary['client_cpu_ms_per_frame']['median']:.2f}",
        copied_words(scene, summary),
        f"{summary['frames_per_second']['median']:.1f}",
        f"{summary['interval_ms_95_percent']['median']:.1f} ms",
        memory_words(summary, "pss_bytes"),
        memory_words(summary, "honest_total_bytes"),
    ]


def scene_lines(results, scene):
    base = base_of(results, scene)
    head = [""] + [title.format(base.name if base else "—") for title in HEAD]
    rows = [row(results, scene, contender, base) for contender in results.contenders(scene)]
    yield str(scene)
    yield from ("  " + line for line in table([head] + [r for r in rows if len(r) > 1]))
    yield from (f"  {r[0]}" for r in rows if len(r) == 1)
    others = [
        (c.name, results.summary(scene, c)["runs_at_another_rate"])
        for c in results.contenders(scene)
    ]
    told = [f"{count} of {name}" for name, count in others if count]
    if told:
        yield f"  not compared, for another frame rate than the rest's: {', '.join(told)}"
    yield ""


def fit_lines(results):
    for renderer in ("pixman", "gl"):
        scenes = full_screen(results, renderer)
        rows = []
        for contender in dict.fromkeys(c for scene in scenes for c in results.contenders(scene)):
            found = fit_by_size(results, contender, scenes.__contains__)
            if found:
                error = found["slope_error"]
                rows.append([
                    contender.name,
                    f"{found['intercept']:.3f} ms",
                    f"{found['slope']:+.4f}" + ("" if error is None else f" ± {error:.4f}") + " ms",
                    f"{found['rate']:g}",
                ])  # fmt: skip
        if rows:
            head = ["", "at 0 pixels", "for a megapixel", "frames/s"]
            yield f"{renderer}, full-screen: CPU time a frame as a line through all runs of one rate"
            yield from ("  " + line for line in table([head] + rows))
            yield ""


def growth_lines(results):
    for (renderer, size, damage), scenes in windowed_groups(results).items():
        figures = (
            "pss_less_files_bytes", "pss_anonymous_bytes", "honest_total_less_files_bytes",
            "client_buffer_bytes",
        )  # fmt: skip
        slopes = [growth(results, scenes, figure) for figure in figures]
        if not slopes[0]:
            continue
        head = ["", "compositor PSS", "of it anonymous", "honest total", "client's buffers"]
        rows = [
            [c.name] + [f"{s[c] / 1024:.1f} KiB" if c in s else UNAVAILABLE for s in slopes]
            for c in slopes[0]
        ]
        yield f"{renderer}, {size}, {damage}: what one window of {of_each(scenes)} more costs, program files apart"
        yield from ("  " + line for line in table([head] + rows))
        yield ""


def texture_lines(results):
    found = results.texture_ready
    if found is None:
        return
    yield "gl: from a commit until the buffer is accepted (import, upload), or its texture first drawn (draw), by its size"
    if "unavailable" in found:
        yield f"  unavailable: {found['unavailable'].splitlines()[0]}"
    else:
        head = ["", "at 0 pixels", "for a megapixel", "a round trip, or pass, alone"]
        rows = [
            [
                name,
                f"{fit['intercept_us']:.1f} µs",
                f"{fit['slope_us']:+.3f} ± {fit['slope_error_us']:.3f} µs",
                f"{fit['alone_us']:.1f} µs",
            ]
            for name, fit in found.items()
        ]
        yield from ("  " + line for line in table([head] + rows))
    yield ""


def mark_lines(marks):
    yield "The marks that this run could judge, paired within a round:"
    for mark in marks:
        yield f"  {mark['verdict']:<12} {mark['what']}: {mark['words']}"


def emulation_lines(before):
    if before["emulated_by"]:
        yield f"Emulated by {before['emulated_by']}: CPU times are ratios to each other and nothing else."


def marks_document(settings, marks, before, complete):
    """What a document may keep of a run: how it was made, and each mark."""
    yield f"{settings.command or 'tools/bench'}"
    yield (
        f"{before['date']}, {before['kernel']}, {before['processors']} processors, "
        f"load before {before['load_before']:.2f}, after {os.getloadavg()[0]:.2f}"
    )
    rounds = "all rounds run" if complete else "the time was over before all rounds were run"
    yield f"{settings.rounds} rounds of {settings.frames} frames: {rounds}"
    yield from emulation_lines(before)
    yield ""
    yield from mark_lines(marks)


def print_all(results, marks, before):
    for line in emulation_lines(before):
        print(line + "\n")
    for scene in results.scenes():
        print("\n".join(scene_lines(results, scene)))
    for lines in (fit_lines(results), growth_lines(results), texture_lines(results)):
        print("\n".join(lines))
    if marks:
        print("\n".join(mark_lines(marks)))
