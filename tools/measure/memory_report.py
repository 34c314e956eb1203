#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Prints what memory_measure.py measured, and writes it as JSON, CSV and a chart.

    memory_report.py [--short] [--json FILE] [--csv FILE] [--chart FILE] LANE.json...
"""

import argparse
import csv
import datetime
import json
import pathlib
import sys

import memory_chart
from figures import UNAVAILABLE, difference, mib, mib_range, signed_mib, signed_percent
from figures import summarise, table
from memory_sample import FIGURE_NAMES, FIGURES

SHAPE_VERSION = 1
BASES = (("fallback-double", "versus_double"), ("fallback-single", "versus_single"))
TITLES = {
    "native": "native",
    "fallback-double": "fallback, 2 buffers",
    "fallback-single": "fallback, 1 buffer",
}
SHORT_FIGURES = (
    "compositor_pss",
    "clients_pss",
    "dmabuf",
    "dmabuf_unaccounted",
    "texture",
    "honest_total",
    "less_files",
)
COMPARED = ("compositor_pss", "clients_pss", "honest_total", "less_files")
SHORT_COMPARED = ("honest_total", "less_files")

# "Zero-copy texture uploads in Chrome OS", 2015; as reported there, not measured here.
REPORTED_2015 = {
    "source": "Zero-copy texture uploads in Chrome OS (2015), as reported, not measured here",
    "gpu_process_pss_percent": -65,
    "renderer_process_pss_percent": -20,
}

ARTEFACT = """\
Why PSS is not given alone: a mapping of a dma-buf is VM_PFNMAP, and the kernel counts its pages
in nobody's RSS or PSS. Memory that moves from shared memory into dma-bufs leaves every PSS and is
still there. A fall in PSS alone is therefore partly an artefact of accounting; what was saved is
the fall of the honest total: all PSS, and all dma-buf, shared memory and textures in no PSS.
Program files are in it too, and their share falls when anything else here maps the same ones:
the honest total less program files is what pixels and heaps cost."""


def summarise_configuration(configuration):
    """Adds the medians and ranges to what was measured."""
    samples = configuration["samples"]
    configuration["figures"] = {
        name: summarise(sample[name] for sample in samples) for name in FIGURE_NAMES
    }


def median_of(configuration, name):
    summary = configuration["figures"][name] if configuration else None
    return summary["median"] if summary else None


def find(lane, renderer, state, mode):
    for configuration in lane["configurations"]:
        if (configuration["renderer"], configuration["state"], configuration["mode"]) == (
            renderer,
            state,
            mode,
        ):
            return configuration
    return None


def compare(lane):
    """Adds each configuration's difference from the two fallbacks."""
    for configuration in lane["configurations"]:
        for mode, key in BASES:
            base = find(lane, configuration["renderer"], configuration["state"], mode)
            configuration[key] = {
                name: difference(median_of(configuration, name), median_of(base, name))
                for name in FIGURE_NAMES
            }


def groups(lane):
    """(renderer, state, configurations) in the order measured."""
    keys = dict.fromkeys((c["renderer"], c["state"]) for c in lane["configurations"])
    for renderer, state in keys:
        yield renderer, state, [
            c
            for c in lane["configurations"]
            if (c["renderer"], c["state"]) == (renderer, state)
        ]


def path_words(configuration):
    if not configuration["samples"]:
        return UNAVAILABLE
    path = configuration["path"] or UNAVAILABLE
    return f"{path} ({configuration['allocator']})" if configuration["allocator"] else path


def copied_words(configuration):
    if not configuration["samples"]:
        return UNAVAILABLE
    copied = configuration["copied_bytes_per_frame"]
    if copied is None:
        return "no frames" if configuration["state"] == "still" else UNAVAILABLE
    return f"{mib(copied)} MiB"


def difference_rows(configurations, names):
    for mode, key in BASES:
        for name in names:
            title = next(title for figure, title, _ in FIGURES if figure == name).strip()
            yield [f"{title}, against {TITLES[mode]}"] + [
                "—" if c["mode"] == mode else signed_mib(c[key][name]) for c in configurations
            ]


def group_table(configurations, short):
    names = SHORT_FIGURES if short else FIGURE_NAMES
    rows = [["MiB"] + [TITLES[c["mode"]] for c in configurations]]
    rows.append(["path"] + [path_words(c) for c in configurations])
    rows.append(["buffers held"] + [str(c.get("buffers", UNAVAILABLE)) for c in configurations])
    for name, title, _ in FIGURES:
        if name in names:
            rows.append([title] + [mib_range(c["figures"][name]) for c in configurations])
    rows.append(["copied per frame"] + [copied_words(c) for c in configurations])
    rows += difference_rows(configurations, SHORT_COMPARED if short else COMPARED)
    return table(rows)


def renderer_words(renderer, configurations):
    for configuration in configurations:
        if configuration.get("renderer_name"):
            return configuration["renderer_name"]
    return renderer


def why_lines(configurations):
    for configuration in configurations:
        title = TITLES[configuration["mode"]]
        if configuration["unavailable"]:
            first = configuration["unavailable"].splitlines()[0]
            yield f"  {title}: {UNAVAILABLE}: {first}"


def print_lane(lane, short, out):
    where = "Debian's stock kernel in a machine" if lane["machine"] else "this kernel"
    print(
        f"\n{lane['lane']} lane: {where} ({lane['kernel']}), {lane['windows']} windows of "
        f"{lane['size']}, median of {lane['samples']} samples"
        + ("" if short else " (range)"),
        file=out,
    )
    for renderer, state, configurations in groups(lane):
        print(f"\n{renderer_words(renderer, configurations)}, {state}", file=out)
        for line in group_table(configurations, short):
            print(f"  {line}", file=out)
        for line in why_lines(configurations):
            print(line, file=out)


def own_percent(lane, renderer, name):
    native = find(lane, renderer, "moving", "native")
    change = native["versus_double"][name] if native else None
    return signed_percent(change["percent"] if change else None)


def print_reported(lanes, out):
    rows = [
        ["native against the double-buffered fallback", "compositor PSS", "clients PSS"]
        + ["honest total", "less files"],
        ["Chrome OS, 2015, as reported (GPU process, renderer)", "−65 %", "−20 %"]
        + ["not reported"] * 2,
    ]
    for lane in lanes:
        for renderer in dict.fromkeys(c["renderer"] for c in lane["configurations"]):
            rows.append(
                [f"here: {lane['lane']} lane, {renderer}, moving"]
                + [
                    own_percent(lane, renderer, name)
                    for name in COMPARED
                ]
            )
    print(file=out)
    for line in table(rows):
        print(line, file=out)


def write_csv(lanes, path):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            "lane renderer state mode path allocator figure unit median min max unavailable".split()
        )
        for lane in lanes:
            for c in lane["configurations"]:
                head = [c["lane"], c["renderer"], c["state"], c["mode"]]
                head += [c.get("path") or "", c.get("allocator") or ""]
                for name in FIGURE_NAMES:
                    writer.writerow(head + [name, "bytes"] + csv_cells(c, c["figures"][name]))
                copied = c.get("copied_bytes_per_frame")
                summary = summarise([copied])
                writer.writerow(head + ["copied_per_frame", "bytes"] + csv_cells(c, summary))


def csv_cells(configuration, summary):
    if summary is None:
        return ["", "", "", configuration["unavailable"] or UNAVAILABLE]
    return [summary["median"], summary["min"], summary["max"], ""]


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--csv")
    parser.add_argument("--chart")
    parser.add_argument("lanes", nargs="+")
    return parser.parse_args()


def main():
    settings = parse_arguments()
    lanes = [json.loads(pathlib.Path(path).read_text()) for path in settings.lanes]
    date = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    print(f"Measured {date}")
    for lane in lanes:
        for configuration in lane["configurations"]:
            summarise_configuration(configuration)
        compare(lane)
        print_lane(lane, settings.short, sys.stdout)
    print_reported(lanes, sys.stdout)
    print(f"\n{ARTEFACT}")
    if settings.json:
        whole = {
            "gesso_compare_memory": SHAPE_VERSION,
            "date": date,
            "unit": "bytes",
            "sources": {name: source for name, _, source in FIGURES},
            "reported_2015": REPORTED_2015,
            "lanes": lanes,
        }
        pathlib.Path(settings.json).write_text(json.dumps(whole, indent=1) + "\n")
    if settings.csv:
        write_csv(lanes, settings.csv)
    if settings.chart:
        memory_chart.write(lanes, settings.chart)
    return 0


if __name__ == "__main__":
    sys.exit(main())
