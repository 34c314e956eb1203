# SPDX-License-Identifier: MIT
"""Which scenes a run of tools/bench has, and how many frames a second each is shown at."""

from bench_peers import Scene

SIZES = ((640, 480), (1280, 720), (1920, 1080), (3840, 2160))
WINDOWS = (0, 1, 4, 16, 64)
# Frames a second up to so many megapixels: what the slowest can do on a busy machine too, so that
# all have the same rate.
RATES = {"pixman": ((4, 30), (1e9, 15)), "gl": ((1, 30), (4, 15), (1e9, 5))}
# Nothing is composed where the client's buffer is scanned out, and what a frame costs there is
# wake-ups, and how much of the compositor the client's painting and the time between frames have
# thrown out of the caches: all of that depends on the rate. So all sizes have one, the first of
# these at which the client can paint the largest.
SCANOUT_RATES = (60, 30, 15, 5)
RATE_REACHED = 0.97


def scenes_of(renderers, sizes, windows, damages, window=None):
    """What is full-screen comes composed and scanned out, windows composed."""
    return [
        Scene(renderer, *size, count, damage, scanout, window if count else None)
        for renderer in renderers
        for count in windows
        for damage in damages
        for scanout in ((False, True) if count == 0 else (False,))
        for size in sizes
    ]


def caret_scenes(renderers):
    """What a caret costs is told by composition."""
    scenes = scenes_of(renderers, [SIZES[2]], [0], ["caret"])
    return [scene for scene in scenes if not scene.scanout]


def quick_scenes():
    return (
        scenes_of(["pixman"], SIZES, [0], ["full"])
        + scenes_of(["gl"], [SIZES[0], SIZES[2]], [0], ["full"])
        + caret_scenes(["pixman"])
    )


def usual_scenes():
    return (
        scenes_of(["pixman", "gl"], SIZES, [0], ["full"])
        + caret_scenes(["pixman", "gl"])
        + scenes_of(["pixman"], [SIZES[2]], WINDOWS[1:], ["full"])
    )


def chosen_scenes(settings):
    given = (settings.renderers, settings.sizes, settings.windows, settings.damage, settings.window)
    if any(given):
        scenes = scenes_of(
            settings.renderers or ["pixman", "gl"],
            settings.sizes or [SIZES[1]],
            settings.windows or (WINDOWS[1:] if settings.window else [0]),
            settings.damage or ["full"],
            settings.window,
        )
    elif settings.set == "full":
        scenes = scenes_of(["pixman", "gl"], SIZES, WINDOWS, ["full", "caret"])
    else:
        scenes = quick_scenes() if settings.set == "quick" else usual_scenes()
    wanted = {"composed": [False], "scan-out": [True]}.get(settings.shown, [False, True])
    return [scene for scene in scenes if scene.scanout in wanted]


def usual_rate(scene):
    return next(rate for most, rate in RATES[scene.renderer] if scene.megapixels <= most)


def find_scanout_rate(scenes, show):
    """The rate of all scenes that are scanned out; `show(scene, rate)` gives the rate that its
    client came to, None where it could not be shown."""
    scenes = [scene for scene in scenes if scene.scanout]
    if not scenes:
        return None
    largest = max(scenes, key=lambda scene: scene.megapixels)
    for rate in SCANOUT_RATES[:-1]:
        reached = show(largest, rate)
        if reached is not None and reached >= RATE_REACHED * rate:
            return rate
    return SCANOUT_RATES[-1]
