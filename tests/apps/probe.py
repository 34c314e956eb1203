# SPDX-License-Identifier: MIT
"""`gesso --probe`: the table names every allocator, and the JSON agrees with it."""

import json
import os

import rig as harness
from rig import check, check_equal


def probe(rig, *options):
    command = [os.environ["GESSO_BIN"], "--probe", "--renderer", "pixman", "--log-level", "error"]
    status, out, words = rig.run([*command, *options])
    check_equal(status, 0, f"status of --probe: {words}")
    return out.decode()


def case_table_and_json(rig):
    table = probe(rig)
    found = json.loads(probe(rig, "--json"))
    check_equal(found["renderer"], "pixman", "renderer")
    names = [allocator["name"] for allocator in found["allocators"]]
    check({"udmabuf", "dma-heap", "memfd", "gbm", "vgem"} <= set(names), f"only {names}")
    for allocator in found["allocators"]:
        row = [line for line in table.splitlines() if line.split()[:1] == [allocator["name"]]]
        check_equal(len(row), 1, f"rows of {allocator['name']}")
        check_equal(row[0].split()[1] == "yes", allocator["offered"], "what is offered")
        check_equal(allocator["reason"] is None, allocator["offered"], "a reason if it is not")
        shown = [name for name, word in allocator["formats"].items() if word is True]
        check_equal(bool(shown), allocator["offered"], "formats of what is offered")
    memfd = next(one for one in found["allocators"] if one["name"] == "memfd")
    check(memfd["offered"] and memfd["cached"], "memfd is offered, and cached")
    check(memfd["formats"]["ABGR16161616F"] is not True, "pixman takes no floats")


def case_json_needs_probe(rig):
    status, _, words = rig.run([os.environ["GESSO_BIN"], "--json"])
    check_equal(status, 2, "status")
    check("--probe" in words, words)


if __name__ == "__main__":
    harness.main(globals())
