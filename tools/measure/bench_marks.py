# SPDX-License-Identifier: MIT
"""What gesso is held to beside its peers of the same run, and whether it holds."""

import dataclasses
import itertools
import math
import statistics

from bench_figures import fit_by_size, fit_by_windows
from bench_peers import ASKED_PATHS

COMPOSED_MARK = 1.05
SCANOUT_MARK = 1.05
CARET_MARK = 0.1
GL_MARK = 0.5
IDLE_MARK = 1.05
GROWTH_MARK = 1.0
HONEST_MARK = 0.01
# On a machine where others come and go that map the same libraries, the second one is steady.
IDLE_FIGURES = {
    "idle_pss_bytes": "idle PSS",
    "idle_pss_alone_bytes": "idle PSS with no file shared",
}
# So many standard errors from zero are no slope.
NOISE_ERRORS = 2
CONFIDENCE = 0.95
# What is promised to be imported or read in place, and so to cost the same at any size.
FLAT_PATHS = ("native", "dmabuf", "shm-import", "shm-direct")
PIXELS_1080P = 1920 * 1080
HELD, MISSED = "held", "missed"


def median_interval(values):
    """Between which of them the median of all that could be measured is, with 95 % at least, however
    they are spread (by the binomial distribution of how many are below it); None for under six."""
    count, below = len(values), 0
    outside = 2 * 0.5**count
    while outside <= 1 - CONFIDENCE:
        below += 1
        outside += 2 * math.comb(count, below) * 0.5**count
    return (sorted(values)[below - 1], sorted(values)[-below]) if below else None


def ratio_words(ratios, independent=True):
    low, high = min(ratios), max(ratios)
    words = f"{statistics.median(ratios):.3f} × ({low:.3f}–{high:.3f}, {len(ratios)} pairs"
    interval = median_interval(ratios) if independent else None
    return words + (f"; 95 %: {interval[0]:.3f}–{interval[1]:.3f})" if interval else ")")


def judge_ratios(what, ratios, limit, independent=True):
    if not ratios:
        return {"what": what, "verdict": "not compared", "words": "no two figures of one round and rate", "ratio": None}
    ratio = statistics.median(ratios)
    return {
        "what": what,
        "verdict": HELD if ratio <= limit else MISSED,
        "words": f"{ratio_words(ratios, independent)}, at most {limit:g}",
        "ratio": ratio,
    }


def is_own(contender):
    return contender.compositor == "gesso"


def full_screen(results, renderer, damage="full"):
    return [
        scene
        for scene in results.scenes()
        if (scene.renderer, scene.windows, scene.damage) == (renderer, 0, damage)
    ]


def own(results, scene, scanout):
    found = [c for c in results.contenders(scene) if is_own(c) and c.scanout == scanout]
    return [c for c in found if (scene, c) not in results.missing]


def best(results, scene, wanted):
    """The contender with the least CPU time of those for which `wanted` holds, or None."""
    medians = [
        (results.median(scene, contender, "cpu_ms_per_frame"), contender.name, contender)
        for contender in results.contenders(scene)
        if wanted(contender)
    ]
    medians = [entry for entry in medians if entry[0] is not None]
    return min(medians)[2] if medians else None


def against(results, scene, contender, peer):
    return results.ratios("cpu_ms_per_frame", (scene, contender), (scene, peer))


def judge_composed(results):
    def is_peer(contender):
        return contender.wlroots and not is_own(contender)

    for scene in full_screen(results, "pixman"):
        if scene.scanout or not any(is_peer(contender) for contender in results.contenders(scene)):
            continue
        peer = best(results, scene, is_peer)
        for contender in own(results, scene, False):
            name = f"{peer.name}, the best wlroots peer" if peer else "a wlroots peer"
            ratios = against(results, scene, contender, peer) if peer else []
            what = f"composed, {scene.size}: {contender.name} against {name}"
            yield judge_ratios(what, ratios, COMPOSED_MARK)


def judge_slope(what, slope, error, unit):
    """Whether it does not grow, within noise; None where too few points leave nothing to judge by."""
    if error is None:
        return None
    return {
        "what": what,
        "verdict": HELD if slope <= NOISE_ERRORS * error else MISSED,
        "words": f"{slope:+.4f} ± {error:.4f} {unit} a megapixel, at most {NOISE_ERRORS} errors over 0",
        "ratio": None,
    }


def copies_nothing(results, scene, contender):
    """Whether it took a path that is promised to be flat, as its ledger says."""
    runs = results.runs.get((scene, contender), {}).values()
    return bool(runs) and all(run["path"] in FLAT_PATHS for run in runs)


def flat_contenders(results, scenes):
    return dict.fromkeys(
        c for s in scenes for c in own(results, s, True) if copies_nothing(results, s, c)
    )


def scanout_peer(results, scene):
    """Cage in the same scene; where it has no GL, as without a render node, in that of pixman:
    neither draws anything."""
    for other in (scene, dataclasses.replace(scene, renderer="pixman")):
        peer = best(results, other, lambda c: c.compositor == "cage")
        if peer:
            return other, peer
    return None, None


def peers_slope(results, scenes):
    """What cage's line does in the same scenes: it copies nothing either, and is painted for by the
    same client, so what it has of a slope is the machine's."""
    for peer in dict.fromkeys(c for s in scenes for c in results.contenders(s)):
        found = fit_by_size(results, peer, scenes.__contains__) if peer.compositor == "cage" else None
        if found and found["slope_error"] is not None:
            return f"; {peer.name}'s own: {found['slope']:+.4f} ± {found['slope_error']:.4f}"
    return ""


def judge_scanout(results, scenes, drawn):
    """At each size, and at all together, which are alike where it is flat: of many sizes and paths
    some are above the mark by chance alone."""
    whole = {}
    for scene in scenes:
        where, peer = scanout_peer(results, scene)
        for contender in own(results, scene, True) if peer else ():
            if not copies_nothing(results, scene, contender):
                continue
            against_peer = f"{contender.name} against {peer.name}"
            if where != scene:
                against_peer += " on pixman, as it has no GL here"
            ratios = results.ratios("cpu_ms_per_frame", (scene, contender), (where, peer))
            whole.setdefault(against_peer, []).append(ratios)
            what = f"scan-out on {drawn}, {scene.size}: {against_peer}"
            yield judge_ratios(what, ratios, SCANOUT_MARK)
    for against_peer, sizes in whole.items():
        if len(sizes) > 1:
            # those of one round share the state of the machine
            what = f"scan-out on {drawn}, all sizes: {against_peer}"
            yield judge_ratios(what, list(itertools.chain(*sizes)), SCANOUT_MARK, independent=False)


def judge_flat(results):
    """By the client that paints every pixel, and by the one that paints a caret: that one is alike
    at all sizes, and turns over no caches."""
    for renderer, damage in itertools.product(("pixman", "gl"), ("full", "caret")):
        scenes = [scene for scene in full_screen(results, renderer, damage) if scene.scanout]
        drawn = renderer + (", a caret repainted" if damage == "caret" else "")
        for contender in flat_contenders(results, scenes):
            found = fit_by_size(results, contender, scenes.__contains__)
            mark = found and judge_slope(
                f"flat on {drawn}: {contender.name}", found["slope"], found["slope_error"], "ms"
            )
            if mark:
                mark["words"] += peers_slope(results, scenes)
                yield mark
        yield from judge_scanout(results, scenes, drawn)


def judge_texture(results):
    whats = {"import": "from commit to its import accepted", "draw": "from commit to its texture first drawn"}
    for mode, what in whats.items():
        found = (results.texture_ready or {}).get(mode)
        if found:
            what += ", imported before: no growth with the size"
            yield judge_slope(what, found["slope_us"], found["slope_error_us"], "µs")


def less_fixed(results, contender, caret, full):
    """The same without what a frame costs that has no pixels, by the line through all sizes."""
    scenes = full_screen(results, full.renderer)
    found = fit_by_size(results, contender, scenes.__contains__)
    medians = [results.median(s, contender, "cpu_ms_per_frame") for s in (caret, full)]
    if found is None or None in medians:
        return ""
    fixed = found["intercept"]
    if medians[1] <= fixed:
        return ""
    ratio = (medians[0] - fixed) / (medians[1] - fixed)
    return f"; without the {fixed:.3f} ms that a frame of 0 pixels takes: {ratio:.3f} ×"


def peers_caret(results, caret, full):
    """What the best of the wlroots peers comes to, which has the same wake-ups and messages."""
    peer = best(results, caret, lambda c: c.wlroots and not is_own(c))
    ratios = peer and results.ratios("cpu_ms_per_frame", (caret, peer), (full, peer))
    return f"; {peer.name}'s own: {statistics.median(ratios):.3f} ×" if ratios else ""


def wake_ups_words(results, contender, full):
    """What is left for a caret, at a tenth, once the compositor has been woken."""
    found, whole = results.wake_ups or {}, results.median(full, contender, "cpu_ms_per_frame")
    rates = {run.get("rate") for run in results.runs.get((full, contender), {}).values()}
    if "ms_per_frame" not in found or not whole or rates != {found["rate"]}:
        return ""
    least = statistics.median(found["ms_per_frame"])
    return f"; two wake-ups that do nothing: {least:.3f} ms, {least / whole:.3f} ×"


def judge_caret(results):
    for renderer in ("pixman", "gl"):
        carets = full_screen(results, renderer, "caret")
        for caret in (scene for scene in carets if not scene.scanout):
            full = [
                scene
                for scene in full_screen(results, renderer)
                if scene.size == caret.size and not scene.scanout
            ]
            if caret.width * caret.height != PIXELS_1080P or not full:
                continue
            for contender in own(results, caret, False):
                ratios = results.ratios(
                    "cpu_ms_per_frame", (caret, contender), (full[0], contender)
                )
                what = f"caret against full repaint, {renderer}, {caret.size}: {contender.name}"
                mark = judge_ratios(what, ratios, CARET_MARK)
                mark["words"] += less_fixed(results, contender, caret, full[0])
                mark["words"] += peers_caret(results, caret, full[0])
                mark["words"] += wake_ups_words(results, contender, full[0])
                yield mark


def judge_gl(results):
    for scene in (scene for scene in full_screen(results, "gl") if not scene.scanout):
        peer = next((c for c in results.contenders(scene) if c.compositor == "weston"), None)
        for contender in own(results, scene, False):
            if peer and scene.width * scene.height >= PIXELS_1080P:
                what = f"composed on llvmpipe, {scene.size}: {contender.name} against weston"
                yield judge_ratios(what, against(results, scene, contender, peer), GL_MARK)
            copied = results.median(scene, contender, "gl_bytes_per_frame")
            if copies_nothing(results, scene, contender) and copied is not None:
                yield {
                    "what": f"nothing copied on llvmpipe, {scene.size}: {contender.name}",
                    "verdict": HELD if copied == 0 else MISSED,
                    "words": f"{copied:g} bytes a frame, counted from outside",
                    "ratio": None,
                }


def judge_idle(results):
    for scene in full_screen(results, "pixman"):
        for peer in results.contenders(scene):
            if peer.compositor != "cage" or peer.scanout or scene.scanout:
                continue
            for contender in own(results, scene, False):
                for figure, what in IDLE_FIGURES.items() if contender.path == "shm" else ():
                    ratios = results.ratios(
                        figure, (scene, contender), (scene, peer), any_rate=True
                    )
                    yield judge_ratios(f"{what}, pixman, {scene.size}: against cage", ratios, IDLE_MARK)


def windowed_groups(results):
    """Scenes that differ in the number of windows alone."""
    groups = {}
    for scene in results.scenes():
        if scene.windows:
            groups.setdefault((scene.renderer, scene.size, scene.damage), []).append(scene)
    return groups


def of_each(scenes):
    width, height = scenes[0].window_size
    return f"{width}x{height}"


def growth(results, scenes, figure):
    """What one window more costs, by contender."""
    contenders = dict.fromkeys(c for scene in scenes for c in results.contenders(scene))
    fits = {c: fit_by_windows(results, c, figure, scenes) for c in contenders}
    return {contender: found["slope"] for contender, found in fits.items() if found}


def dmabuf_words(results, scene, contender):
    """A PSS is no measure of who maps dma-bufs; the honest total is."""
    runs = results.runs.get((scene, contender), {}).values()
    if contender.path in ASKED_PATHS and any(run["dmabuf_bytes"] for run in runs):
        return "; its pixels are in dma-bufs, which no PSS counts"
    return ""


def anonymous_words(anonymous, contender, peer):
    """What is anonymous is the compositor's; the rest are pixels, of which a peer that places the
    windows over each other reads fewer."""
    if contender not in anonymous or peer not in anonymous:
        return ""
    kib = [anonymous[each] / 1024 for each in (contender, peer)]
    return f", {kib[0]:.1f} and {kib[1]:.1f} KiB of them anonymous"


def judge_growth(results):
    for (renderer, size, damage), scenes in windowed_groups(results).items():
        # the program files are no window's, and their part varies with who else maps them
        slopes = growth(results, scenes, "pss_less_files_bytes")
        anonymous = growth(results, scenes, "pss_anonymous_bytes")
        peers = {c: slope for c, slope in slopes.items() if not is_own(c)}
        if not peers:
            continue
        peer = min(peers, key=peers.get)
        for contender in (c for c in slopes if is_own(c)):
            yield {
                "what": f"PSS a window of {of_each(scenes)}, {renderer}, {size}, {damage}: {contender.name} "
                f"against {peer.name}, the best peer",
                "verdict": HELD if slopes[contender] <= GROWTH_MARK * peers[peer] else MISSED,
                "words": f"{slopes[contender] / 1024:.1f} KiB against {peers[peer] / 1024:.1f} KiB"
                + anonymous_words(anonymous, contender, peer)
                + dmabuf_words(results, scenes[-1], contender),
                "ratio": slopes[contender] / peers[peer] if peers[peer] > 0 else None,
            }


def judge_windows(results):
    """Growth alone flatters whom a large heap at rest saves from growing: so the whole is set
    against the peers' at each count too."""
    for scene in (scene for scene in results.scenes() if scene.windows):
        pss = {
            contender: results.median(scene, contender, "pss_less_files_bytes", any_rate=True)
            for contender in results.contenders(scene)
        }
        pss = {contender: median for contender, median in pss.items() if median}
        peers = [c for c in pss if not is_own(c)]
        if not peers:
            continue
        peer = min(peers, key=pss.get)
        for contender in (c for c in pss if is_own(c)):
            mark = judge_ratios(
                f"PSS less program files, {scene}: {contender.name} against {peer.name}, the best peer",
                results.ratios(
                    "pss_less_files_bytes", (scene, contender), (scene, peer), any_rate=True
                ),
                GROWTH_MARK,
            )
            mark["words"] += dmabuf_words(results, scene, contender)
            yield mark


def judge_honest(results):
    for (renderer, size, damage), scenes in windowed_groups(results).items():
        totals = growth(results, scenes, "honest_total_less_files_bytes")
        pixels = growth(results, scenes, "client_buffer_bytes")
        for contender in (
            c
            for c in totals
            if is_own(c) and all(copies_nothing(results, scene, c) for scene in scenes)
        ):
            over = totals[contender] / pixels[contender] - 1 if pixels.get(contender) else None
            if over is not None:
                yield {
                    "what": f"honest total a window of {of_each(scenes)}, {renderer}, {size}, {damage}: {contender.name}",
                    "verdict": HELD if abs(over) <= HONEST_MARK else MISSED,
                    "words": f"{100 * over:+.1f} % ({(totals[contender] - pixels[contender]) / 1024:+.1f} KiB) "
                    f"of the {pixels[contender] / 1024:.0f} KiB of pixels that the client holds, at most 1 %",
                    "ratio": 1 + over,
                }


def judge(results):
    """All marks that the run can judge."""
    judges = (judge_composed, judge_flat, judge_caret, judge_gl, judge_idle, judge_growth)
    judges += (judge_windows, judge_honest, judge_texture)
    return [mark for one in judges for mark in one(results) if mark]
