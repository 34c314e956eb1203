# SPDX-License-Identifier: MIT
"""What runs come to: which may be compared, medians, paired ratios, and the fit by megapixel."""

import statistics

from figures import summarise

# Runs at other rates do other work for a frame, and are not compared. The rate is the rest's if the
# mean or the median interval is: on a machine that has other work too one run may stand still for a
# moment, which tells in the mean alone, and a client whose rate is not the output's may get its
# frames by turns a little early and late, which tells in the median alone.
RATE_TOLERANCE = 0.05
RATES = ("frames_per_second", "interval_ms_median")
FIGURES = (
    "cpu_ms_per_frame",
    "client_cpu_ms_per_frame",
    "frames_per_second",
    "interval_ms_median",
    "interval_ms_95_percent",
    "interval_ms_max",
    "gl_bytes_per_frame",
    "ledger_bytes_per_frame",
    "idle_pss_bytes",
    "idle_pss_less_files_bytes",
    "idle_pss_alone_bytes",
    "pss_bytes",
    "pss_less_files_bytes",
    "pss_anonymous_bytes",
    "pss_alone_bytes",
    "honest_total_bytes",
    "honest_total_less_files_bytes",
    "dmabuf_bytes",
    "client_buffer_bytes",
)


class Results:
    """All runs, by scene, contender and round."""

    def __init__(self):
        self.runs = {}  # (scene, contender): {round: figures}
        self.reasons = {}  # (scene, contender): why there is no run
        self.missing = set()  # those of them that cannot be had here at all
        self.texture_ready = None  # what bench_texture has found
        self.wake_ups = None  # what bench_wake_ups has found

    def add(self, scene, contender, number, figures):
        self.runs.setdefault((scene, contender), {})[number] = figures

    def scenes(self):
        return list(dict.fromkeys(scene for scene, _ in [*self.runs, *self.reasons]))

    def contenders(self, scene):
        found = dict.fromkeys(c for s, c in [*self.runs, *self.reasons] if s == scene)
        return sorted(found, key=lambda contender: contender.scanout)

    def mark_rates(self):
        """Sets 'comparable' in each run: whether its rate is the rest's of its scene and round."""
        peers = {}
        for (scene, _), rounds in self.runs.items():
            for number, run in rounds.items():
                peers.setdefault((scene, number), []).append(run)
        for runs in peers.values():
            usual = {figure: statistics.median(run[figure] for run in runs) for figure in RATES}
            for run in runs:
                run["comparable"] = any(
                    abs(run[figure] - usual[figure]) <= RATE_TOLERANCE * usual[figure]
                    for figure in RATES
                )

    def comparable(self, scene, contender):
        rounds = self.runs.get((scene, contender), {})
        return {number: run for number, run in rounds.items() if run["comparable"]}

    def median(self, scene, contender, figure, any_rate=False):
        key = scene, contender
        runs = self.runs.get(key, {}) if any_rate else self.comparable(*key)
        values = [run[figure] for run in runs.values()]
        return None if not values or None in values else statistics.median(values)

    def ratios(self, figure, over, under, any_rate=False):
        """Of two (scene, contender), in each round in which both can be compared."""
        ours, theirs = (
            self.runs.get(key, {}) if any_rate else self.comparable(*key) for key in (over, under)
        )
        return [
            ours[number][figure] / theirs[number][figure]
            for number in sorted(ours.keys() & theirs.keys())
            if ours[number][figure] is not None
            and theirs[number][figure]
            and (any_rate or ours[number]["rate"] == theirs[number]["rate"])
        ]

    def summary(self, scene, contender):
        runs = self.runs.get((scene, contender), {})
        comparable = self.comparable(scene, contender)
        return {
            "compositor": contender.name,
            "path": next((run["path"] for run in runs.values()), None),
            "scanout": contender.scanout,
            "unavailable": self.reasons.get((scene, contender)),
            "runs": len(runs),
            "runs_at_another_rate": len(runs) - len(comparable),
            **{
                figure: summarise(run[figure] for run in (comparable or runs).values())
                for figure in FIGURES
            },
        }


def fit(points):
    """Least squares of (x, y): intercept, slope, and the slope's standard error; None for fewer
    than two places. The error is None where the points leave nothing to judge it by."""
    if len({x for x, _ in points}) < 2:
        return None
    mean_x, mean_y = (statistics.fmean(values) for values in zip(*points))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    intercept = mean_y - slope * mean_x
    error = None
    if len(points) > 2:
        rest = sum((y - intercept - slope * x) ** 2 for x, y in points)
        error = (rest / (len(points) - 2) / spread) ** 0.5
    return {"intercept": intercept, "slope": slope, "slope_error": error, "points": len(points)}


def fit_by_size(results, contender, wanted):
    """CPU time by megapixel, of the runs of the scenes for which `wanted` holds. What a frame
    costs depends on the rate too, so all that are on the line have one: that which most sizes
    were shown at, the higher of two. None where no two sizes have the same."""
    by_rate = {}
    for scene in results.scenes():
        for run in results.comparable(scene, contender).values() if wanted(scene) else ():
            by_rate.setdefault(run["rate"], []).append((scene.megapixels, run["cpu_ms_per_frame"]))
    if not by_rate:
        return None
    rate = max(by_rate, key=lambda rate: (len({x for x, _ in by_rate[rate]}), rate))
    found = fit(by_rate[rate])
    return found and {**found, "rate": rate}


def fit_by_windows(results, contender, figure, scenes):
    points = [
        (scene.windows, run[figure])
        for scene in scenes
        for run in results.runs.get((scene, contender), {}).values()
        if run[figure] is not None
    ]
    return fit(points)
