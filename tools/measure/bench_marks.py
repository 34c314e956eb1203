# SPDX-License-Identifier: MIT
"""What gesso is held to beside its peers of the same run, and whether it holds."""

import statistics

from bench_figures import fit_by_size, fit_by_windows

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
PIXELS_1080P = 1920 * 1080
HELD, MISSED = "held", "missed"


def ratio_words(ratios):
    low, high = min(ratios), max(ratios)
    return f"{statistics.median(ratios):.3f} × ({low:.3f}–{high:.3f}, {len(ratios)} pairs)"


def judge_ratios(what, ratios, limit):
    if not ratios:
        return {"what": what, "verdict": "not compared", "words": "no two figures of one round and rate", "ratio": None}
    ratio = statistics.median(ratios)
    return {
        "what": what,
        "verdict": HELD if ratio <= limit else MISSED,
        "words": f"{ratio_words(ratios)}, at most {limit:g}",
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
    return [c for c in results.contenders(scene) if is_own(c) and c.scanout == scanout]


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
        return contender.wlroots and not is_own(contender) and not contender.scanout

    for scene in full_screen(results, "pixman"):
        if not any(is_peer(contender) for contender in results.contenders(scene)):
            continue
        peer = best(results, scene, is_peer)
        for contender in own(results, scene, False):
            name = f"{peer.name}, the best wlroots peer" if peer else "a wlroots peer"
            ratios = against(results, scene, contender, peer) if peer else []
            what = f"composed, {scene.size}: {contender.name} against {name}"
            yield judge_ratios(what, ratios, COMPOSED_MARK)


def judge_flat(results):
    for renderer in ("pixman", "gl"):
        scenes = full_screen(results, renderer)
        contenders = dict.fromkeys(c for scene in scenes for c in own(results, scene, True))
        for contender in contenders:
            found = fit_by_size(results, contender, scenes.__contains__)
            if found is None or found["slope_error"] is None:
                continue
            flat = abs(found["slope"]) <= NOISE_ERRORS * found["slope_error"]
            yield {
                "what": f"flat on {renderer}: {contender.name}",
                "verdict": HELD if flat else MISSED,
                "words": f"{found['slope']:+.4f} ± {found['slope_error']:.4f} ms a megapixel",
                "ratio": None,
            }
        for scene in scenes:
            peer = best(results, scene, lambda c: c.compositor == "cage" and c.scanout)
            for contender in own(results, scene, True) if peer else ():
                what = f"scan-out, {scene.size}: {contender.name} against {peer.name}"
                yield judge_ratios(what, against(results, scene, contender, peer), SCANOUT_MARK)


def less_fixed(results, contender, caret, full):
    """The same without what a frame costs that has no pixels, by the line through all sizes."""
    found = fit_by_size(results, contender, full_screen(results, full.renderer).__contains__)
    medians = [results.median(s, contender, "cpu_ms_per_frame") for s in (caret, full)]
    if found is None or None in medians:
        return ""
    fixed = found["intercept"]
    ratio = (medians[0] - fixed) / (medians[1] - fixed)
    return f"; without the {fixed:.3f} ms that a frame of 0 pixels takes: {ratio:.3f} ×"


def judge_caret(results):
    for renderer in ("pixman", "gl"):
        for caret in full_screen(results, renderer, "caret"):
            full = [s for s in full_screen(results, renderer) if s.size == caret.size]
            if caret.width * caret.height != PIXELS_1080P or not full:
                continue
            for contender in own(results, caret, False):
                ratios = results.ratios(
                    "cpu_ms_per_frame", (caret, contender), (full[0], contender)
                )
                what = f"caret against full repaint, {renderer}, {caret.size}: {contender.name}"
                mark = judge_ratios(what, ratios, CARET_MARK)
                mark["words"] += less_fixed(results, contender, caret, full[0])
                yield mark


def judge_gl(results):
    for scene in full_screen(results, "gl"):
        peer = best(results, scene, lambda c: c.compositor == "weston")
        for contender in own(results, scene, False):
            if peer and scene.width * scene.height >= PIXELS_1080P:
                what = f"composed on llvmpipe, {scene.size}: {contender.name} against weston"
                yield judge_ratios(what, against(results, scene, contender, peer), GL_MARK)
            copied = results.median(scene, contender, "gl_bytes_per_frame")
            if contender.path in ("native", "shm-import") and copied is not None:
                yield {
                    "what": f"nothing copied on llvmpipe, {scene.size}: {contender.name}",
                    "verdict": HELD if copied == 0 else MISSED,
                    "words": f"{copied:g} bytes a frame, counted from outside",
                    "ratio": None,
                }


def judge_idle(results):
    for scene in full_screen(results, "pixman"):
        for peer in results.contenders(scene):
            if peer.compositor != "cage" or peer.scanout:
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


def growth(results, scenes, figure):
    """What one window more costs, by contender."""
    contenders = dict.fromkeys(c for scene in scenes for c in results.contenders(scene))
    fits = {c: fit_by_windows(results, c, figure, scenes) for c in contenders}
    return {contender: found["slope"] for contender, found in fits.items() if found}


def judge_growth(results):
    for (renderer, size, damage), scenes in windowed_groups(results).items():
        slopes = growth(results, scenes, "pss_bytes")
        peers = {c: slope for c, slope in slopes.items() if not is_own(c)}
        if not peers:
            continue
        peer = min(peers, key=peers.get)
        for contender in (c for c in slopes if is_own(c)):
            yield {
                "what": f"PSS a window, {renderer}, {size}, {damage}: {contender.name} "
                f"against {peer.name}, the best peer",
                "verdict": HELD if slopes[contender] <= GROWTH_MARK * peers[peer] else MISSED,
                "words": f"{slopes[contender] / 1024:.1f} KiB against {peers[peer] / 1024:.1f} KiB",
                "ratio": slopes[contender] / peers[peer] if peers[peer] > 0 else None,
            }


def judge_honest(results):
    for (renderer, size, damage), scenes in windowed_groups(results).items():
        totals = growth(results, scenes, "honest_total_bytes")
        pixels = growth(results, scenes, "client_buffer_bytes")
        for contender in (c for c in totals if is_own(c) and c.path in ("native", "shm-import")):
            over = totals[contender] / pixels[contender] - 1 if pixels.get(contender) else None
            if over is not None:
                yield {
                    "what": f"honest total a window, {renderer}, {size}, {damage}: {contender.name}",
                    "verdict": HELD if abs(over) <= HONEST_MARK else MISSED,
                    "words": f"{100 * over:+.1f} % ({(totals[contender] - pixels[contender]) / 1024:+.1f} KiB) "
                    f"of the {pixels[contender] / 1024:.0f} KiB of pixels that the client holds, at most 1 %",
                    "ratio": 1 + over,
                }


def judge(results):
    """All marks that the run can judge."""
    judges = (judge_composed, judge_flat, judge_caret, judge_gl, judge_idle, judge_growth)
    judges += (judge_honest,)
    return [mark for one in judges for mark in one(results)]
