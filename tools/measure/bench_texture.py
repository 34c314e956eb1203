# SPDX-License-Identifier: MIT
"""How long it takes from a commit until the buffer is accepted or uploaded, and until the texture of one that
was imported before is first drawn: what tests/bench/texture_ready.c measures, by the size of the buffer."""

import os
import re
import subprocess

SECONDS = 120
LINE = re.compile(
    r"fit (\w+): (-?[\d.]+) us at 0 pixels, ([+-][\d.]+) \+- ([\d.]+) us a megapixel; "
    r"a (?:round trip|pass) alone ([\d.]+) us"
)


def read_fits(text):
    """By what becomes of the buffer: a line by megapixel through all that was measured."""
    keys = ("intercept_us", "slope_us", "slope_error_us", "alone_us")
    return {match[1]: dict(zip(keys, map(float, match.groups()[1:]))) for match in LINE.finditer(text)}


def measure(settings):
    """The fits, or why there are none."""
    programs = settings.programs
    variables = {
        "GESSO_BIN": str(programs.gesso),
        "GESSO_MEMORY": str(programs.memory),
        "GESSO_PROBE_HELPER": str(programs.probe),
        "WLR_SCENE_DISABLE_DIRECT_SCANOUT": "1",
    }
    try:
        run = subprocess.run(
            [programs.texture, "texture_ready"], env={**os.environ, **variables}, text=True,
            capture_output=True, check=False, timeout=min(SECONDS, settings.seconds),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"unavailable": str(error)}
    (settings.logs / "texture-ready.log").write_text(run.stdout + run.stderr)
    if run.returncode != 0:
        return {"unavailable": (run.stderr or run.stdout or f"status {run.returncode}").strip()}
    return read_fits(run.stdout)
