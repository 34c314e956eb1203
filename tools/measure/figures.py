# SPDX-License-Identifier: MIT
"""Medians, ranges, and how figures are written for people."""

import statistics

MIB = 1024 * 1024
UNAVAILABLE = "unavailable"


def summarise(values):
    """Median and range; None if there is no value or one of them is unknown."""
    values = list(values)
    if not values or None in values:
        return None
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def mib(count):
    return UNAVAILABLE if count is None else f"{count / MIB:.1f}"


def mib_range(summary):
    if summary is None:
        return UNAVAILABLE
    median, low, high = mib(summary["median"]), mib(summary["min"]), mib(summary["max"])
    return median if low == high else f"{median} ({low}–{high})"


def difference(value, base):
    """What `value` is more than `base`: bytes, and percent where that means something."""
    if value is None or base is None:
        return None
    return {"bytes": value - base, "percent": 100 * (value - base) / base if base else None}


def signed(number, digits=1):
    text = f"{number:+.{digits}f}"
    return text.replace("-", "−") if float(text) != 0 else text[1:]


def signed_percent(part):
    return UNAVAILABLE if part is None else f"{signed(part)} %"


def signed_mib(change):
    if change is None:
        return UNAVAILABLE
    percent = "" if change["percent"] is None else f" ({signed_percent(change['percent'])})"
    return f"{signed(change['bytes'] / MIB)}{percent}"


def table(rows, gap="  "):
    """Rows of strings as lines; the first column is to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:])]
        lines.append(gap.join([first.ljust(widths[0])] + cells).rstrip())
    return lines
