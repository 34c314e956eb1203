# SPDX-License-Identifier: MIT
"""What a frame's two wake-ups alone cost on this machine: tests/bench/wake_ups.c, which does nothing
else. The least that a frame of any compositor can come to."""

import re
import subprocess

TRIALS = 3
LINE = re.compile(r"\d+ frames at \d+: ([\d.]+) ms a frame")


def measure(settings, rate):
    """Milliseconds a frame at so many a second, once for each trial; or why there are none."""
    command = [str(settings.programs.wake_ups), str(settings.frames), str(rate)]
    found = []
    try:
        for _ in range(TRIALS):
            run = subprocess.run(
                command, text=True, capture_output=True, check=True, timeout=settings.deadline
            )
            found.append(float(LINE.fullmatch(run.stdout.strip())[1]))
    except (OSError, subprocess.SubprocessError) as error:
        return {"unavailable": str(error)}
    return {"rate": rate, "ms_per_frame": found}
