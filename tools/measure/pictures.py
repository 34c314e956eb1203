# SPDX-License-Identifier: MIT
"""Screenshots by grim, and whether two show the same pixels."""

import subprocess


class PictureError(Exception):
    """No screenshot, or one that cannot be read."""


def take(path, kind, environment, timeout_s):
    """Writes a screenshot of the compositor's outputs; `kind` is png or ppm."""
    command = ["grim", "-t", kind, str(path)]
    try:
        run = subprocess.run(
            command, env=environment, capture_output=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise PictureError(f"grim did not end within {timeout_s:g} s") from None
    if run.returncode != 0:
        raise PictureError(f"grim: {run.stderr.decode(errors='replace').strip()}")


def read_ppm(path):
    """Width, height and the bytes of the pixels of a binary PPM."""
    data = path.read_bytes()
    fields, at = [], 0
    while len(fields) < 4:
        end = at
        while end < len(data) and not data[end : end + 1].isspace():
            end += 1
        fields.append(data[at:end])
        at = end + 1
    if fields[0] != b"P6" or fields[3] != b"255":
        raise PictureError(f"{path} is not a binary PPM of 8 bits")
    return int(fields[1]), int(fields[2]), data[at:]


def compare(path, other):
    """'identical', or in words how they differ."""
    width, height, pixels = read_ppm(path)
    other_width, other_height, other_pixels = read_ppm(other)
    if (width, height) != (other_width, other_height):
        return f"{width}x{height} pixels, not {other_width}x{other_height}"
    if pixels == other_pixels:
        return "identical"
    steps = [abs(a - b) for a, b in zip(pixels, other_pixels)]
    unlike = sum(1 for step in steps if step)
    return f"{unlike} of {len(steps)} bytes differ, by {max(steps)} at most"


def is_blank(path):
    """One colour only: nothing was shown."""
    _, _, pixels = read_ppm(path)
    return pixels == pixels[:3] * (len(pixels) // 3)
