# SPDX-License-Identifier: MIT
"""The chart of compare-memory, drawn by gnuplot: one bar for each configuration, by its parts."""

import pathlib
import subprocess
import sys

from figures import MIB
from memory_sample import PARTS

# part, what the key says, colour
BARS = (
    ("compositor_pss", "compositor PSS", "#4c6a92"),
    ("clients_pss", "clients PSS", "#8fb0d6"),
    ("memfd_unaccounted", "shared memory in no PSS", "#d9b44a"),
    ("dmabuf_unaccounted", "dma-bufs in no PSS", "#b5532f"),
    ("texture_unaccounted", "textures in no PSS", "#7a8f4a"),
)
assert {part for part, _, _ in BARS} == set(PARTS)
MODES = {"native": "native", "fallback-double": "2 buffers", "fallback-single": "1 buffer"}
BAR_PX, MARGIN_PX, HEIGHT_PX = 46, 400, 660


def rows(lanes):
    """Label and the parts' MiB; a configuration without figures leaves its place empty."""
    for lane in lanes:
        group = None
        for c in lane["configurations"]:
            if group not in (None, (c["renderer"], c["state"])):
                yield '""' + " 0" * len(BARS)
            group = (c["renderer"], c["state"])
            label = f"{lane['lane']} {c['renderer']} {c['state']}: {MODES[c['mode']]}"
            values = [c["figures"][part] for part, _, _ in BARS]
            if None in values:
                yield f'"{label}: unavailable"' + " 0" * len(BARS)
            else:
                yield f'"{label}" ' + " ".join(f"{v['median'] / MIB:.3f}" for v in values)
        yield '""' + " 0" * len(BARS)


def script(lanes, terminal):
    lines = list(rows(lanes))
    plots = ", ".join(
        f"$data using {i + 2}{':xtic(1)' if i == 0 else ''} "
        f"title '{title}' linecolor rgb '{colour}'"
        for i, (_, title, colour) in enumerate(BARS)
    )
    first = lanes[0]
    return f"""
set terminal {terminal} size {MARGIN_PX + BAR_PX * len(lines)},{HEIGHT_PX} background rgb 'white'
set title 'What {first['windows']} windows of {first['size']} cost: the honest total by its parts'
set ylabel 'MiB'
set yrange [0:*]
set grid ytics linecolor rgb '#d8d4cc'
set style data histograms
set style histogram rowstacked
set style fill solid border rgb 'white'
set boxwidth 0.8
set xtics rotate by 50 right scale 0 font ',9'
set key outside right top
set bmargin 15
set lmargin 22
$data << EOD
{chr(10).join(lines)}
EOD
plot {plots}
"""


def write(lanes, path):
    kind = pathlib.Path(path).suffix
    terminal = "pngcairo font 'DejaVu Sans,10'" if kind == ".png" else "svg font 'DejaVu Sans,10'"
    run = subprocess.run(
        ["gnuplot"],
        input=f"set output '{path}'\n" + script(lanes, terminal),
        text=True,
        capture_output=True,
        check=False,
    )
    if run.returncode != 0:
        sys.exit(f"compare-memory: gnuplot could not draw the chart: {run.stderr.strip()}")
