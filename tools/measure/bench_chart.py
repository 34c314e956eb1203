# SPDX-License-Identifier: MIT
"""The chart of tools/bench, drawn by gnuplot: CPU time a frame by size, full-screen, for each
renderer that was measured at more than one size; medians, and ranges as bars."""

import pathlib
import subprocess
import sys

from bench_marks import full_screen

PANEL_PX, WIDTH_PX = 420, 900
COLOURS = {
    "gesso": "#b5532f", "cage": "#4c6a92", "sway": "#7a8f4a", "labwc": "#8a6fa8",
    "weston": "#555555", "kwin": "#2f8f8a", "mutter": "#c2872f",
}  # fmt: skip
TITLES = {"pixman": "pixman", "gl": "GLES2 on llvmpipe"}


def series(results, scenes):
    """Contender and its 'megapixels median min max' lines."""
    for contender in dict.fromkeys(c for scene in scenes for c in results.contenders(scene)):
        lines = []
        for scene in sorted(scenes, key=lambda scene: scene.megapixels):
            if results.comparable(scene, contender):
                cpu = results.summary(scene, contender)["cpu_ms_per_frame"]
                lines.append(f"{scene.megapixels} {cpu['median']} {cpu['min']} {cpu['max']}")
        if lines:
            yield contender, lines


def panel(results, renderer, scenes):
    blocks, plots = [], []
    for i, (contender, lines) in enumerate(series(results, scenes)):
        name = f"${renderer}{i}"
        blocks.append(f"{name} << EOD\n" + "\n".join(lines) + "\nEOD")
        dash = 3 if contender.scanout else 1
        point = 4 if contender.path == "native" else 7
        plots.append(
            f"{name} using 1:2:3:4 with yerrorlines title '{contender.name}' dashtype {dash} "
            f"pointtype {point} pointsize 0.6 linecolor rgb '{COLOURS[contender.compositor]}'"
        )
    if not plots:
        return ""
    head = f"set title 'CPU time of the compositor for one full-screen frame, {TITLES[renderer]}'\n"
    return "\n".join(blocks) + "\n" + head + "plot " + ", ".join(plots) + "\n"


def script(results, terminal):
    panels = []
    for renderer in ("pixman", "gl"):
        scenes = full_screen(results, renderer)
        if len({scene.size for scene in scenes}) > 1:
            panels.append(panel(results, renderer, scenes))
    panels = [text for text in panels if text]
    if not panels:
        return None
    return f"""
set terminal {terminal} size {WIDTH_PX},{PANEL_PX * len(panels)} background rgb 'white'
set multiplot layout {len(panels)},1
set xlabel 'megapixels'
set ylabel 'ms a frame'
set xrange [0:*]
set yrange [0:*]
set grid ytics linecolor rgb '#d8d4cc'
set key outside right top
{"".join(panels)}
unset multiplot
"""


def write(results, path):
    kind = pathlib.Path(path).suffix
    terminal = "pngcairo font 'DejaVu Sans,10'" if kind == ".png" else "svg font 'DejaVu Sans,10'"
    text = script(results, terminal)
    if text is None:
        sys.exit("bench: no chart: it needs full-screen runs at two sizes of one renderer")
    run = subprocess.run(
        ["gnuplot"], input=f"set output '{path}'\n{text}", text=True, capture_output=True, check=False
    )
    if run.returncode != 0:
        sys.exit(f"bench: gnuplot could not draw the chart: {run.stderr.strip()}")
