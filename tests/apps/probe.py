# SPDX-License-Identifier: MIT
"""`gesso --probe`: the table names every allocator, and the JSON agrees with it."""

import grp
import json
import os

import rig as harness
from rig import check, check_equal

ALIGNMENTS = (4, 16, 64, 256)
RULED = ("udmabuf", "dma-heap", "vgem")


def probe(rig, *options):
    command = [os.environ["GESSO_BIN"], "--probe", "--renderer", "pixman", "--log-level", "error"]
    status, out, words = rig.run([*command, *options])
    check_equal(status, 0, f"status of --probe: {words}")
    return out.decode()


def expected_access(device):
    """Permission, group and whether the owner is alone, as the file system has them."""
    try:
        node = os.stat(device)
    except FileNotFoundError:
        return "unknown", None, False
    may = os.access(device, os.R_OK | os.W_OK, effective_ids=True)
    group = None
    if node.st_mode & 0o060 == 0o060:
        try:
            group = grp.getgrgid(node.st_gid).gr_name
        except KeyError:
            group = str(node.st_gid)
    return "granted" if may else "denied", group, group is None


def check_row(table, row, allocator):
    """Device, permission, group, alignment and place: true of the machine, and in the table."""
    name, device = allocator["name"], allocator["device"]
    check_equal(row.split()[2].split()[0], allocator["permission"].split()[0], f"{name}'s column")
    check(row.endswith(device or "-"), f"{name}: '{row}' does not end in {device}")
    if device is None:
        check_equal(allocator["permission"], "not needed", name)
        check_equal((allocator["group"], allocator["rule"]), (None, None), name)
    elif device.startswith("/"):
        permission, group, owner_only = expected_access(device)
        check_equal(allocator["permission"], permission, f"permission of {device}")
        check_equal(allocator["group"], group, f"group of {device}")
        rule = "70-gesso.rules" if owner_only and name in RULED else None
        check_equal(allocator["rule"], rule, f"rule for {device}")
        check(not group or f"group {group} may open {device}" in table, f"no group {group}")
    proved = [name for name, word in allocator["formats"].items() if word is True]
    alignment = allocator["alignment_bytes"]
    check_equal(list(alignment), list(allocator["formats"]), f"{name}: formats with alignment")
    for format_name, align in alignment.items():
        laid_out_here = format_name in proved and allocator["stride_align_bytes"] is not None
        check(not laid_out_here or align in ALIGNMENTS, f"{name}: {format_name} held at {align}")
        check(laid_out_here or align is None, f"{name}: {format_name} has alignment {align}")
    if allocator["stride_align_bytes"] is not None:
        most = max(align for align in alignment.values() if align)
        check_equal(allocator["stride_align_bytes"], most, f"{name}: of all formats")
    check_equal(allocator["place"] is not None, allocator["offered"], f"{name}: place")
    order = allocator["order"]
    check_equal(order is not None, allocator["offered"], f"{name}: order")
    check(not order or f"asked     {order}\n" in table, f"the table does not say '{order}'")


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
        check_row(table, row[0], allocator)
        shown = [name for name, word in allocator["formats"].items() if word is True]
        check_equal(bool(shown), allocator["offered"], "formats of what is offered")
    places = [one["place"] for one in found["allocators"] if one["offered"]]
    check_equal(places, list(range(1, len(places) + 1)), "places, in the order of the list")
    memfd = next(one for one in found["allocators"] if one["name"] == "memfd")
    check(memfd["offered"] and memfd["cached"], "memfd is offered, and cached")
    check(memfd["formats"]["ABGR16161616F"] is not True, "pixman takes no floats")


def case_json_needs_probe(rig):
    status, _, words = rig.run([os.environ["GESSO_BIN"], "--json"])
    check_equal(status, 2, "status")
    check("--probe" in words, words)


if __name__ == "__main__":
    harness.main(globals())
