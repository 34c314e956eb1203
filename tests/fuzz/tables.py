#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the tables of protocol.h, from every protocol's XML that can be found.

    tables.py OUTPUT.c OUTPUT.d FILE-OR-DIRECTORY...

Of an interface that several files describe, the one of the highest version is taken.
"""

import pathlib
import sys
import xml.etree.ElementTree

TYPES = {"int": "i", "uint": "u", "fixed": "f", "string": "s", "object": "o", "new_id": "n",
         "array": "a", "fd": "h"}


def find_files(places):
    for place in map(pathlib.Path, places):
        yield from sorted(place.rglob("*.xml")) if place.is_dir() else [place]


def read_interfaces(files):
    interfaces = {}
    for file in files:
        root = xml.etree.ElementTree.parse(file).getroot()
        for node in root.iter("interface"):
            known = interfaces.get(node.get("name"))
            if known is None or int(node.get("version")) > int(known.get("version")):
                interfaces[node.get("name")] = node
    return interfaces


def enum_values(interfaces, interface, arg):
    """The values that an argument's enum names, and whether they can be joined."""
    name = arg.get("enum")
    if name is None:
        return [], False
    if "." in name:
        owner, name = name.split(".")
        interface = interfaces.get(owner)
    for enum in interface.iter("enum") if interface is not None else []:
        if enum.get("name") == name:
            values = [int(entry.get("value"), 0) for entry in enum.iter("entry")]
            return values, enum.get("bitfield") == "true"
    return [], False


def write_arg(out, interfaces, order, interface, arg):
    kind, other = TYPES[arg.get("type")], arg.get("interface")
    if kind == "n" and other is None:  # its interface and version go over the wire as well
        out.append('\t{"interface", \'s\', false, -1, NULL, 0, false},')
        out.append('\t{"version", \'u\', false, -1, NULL, 0, false},')
    values, bitfield = enum_values(interfaces, interface, arg)
    table = "NULL"
    if values:
        table = "(const uint32_t[]){" + ", ".join(f"{value}u" for value in values) + "}"
    flag = "true" if arg.get("allow-null") == "true" else "false"
    out.append(f'\t{{"{arg.get("name")}", \'{kind}\', {flag}, {order.get(other, -1)}, {table}, '
               f'{len(values)}, {"true" if bitfield else "false"}}},')


def write_messages(out, interfaces, order, interface, kind):
    """Returns the name and length of the table."""
    name = interface.get("name")
    rows = []
    for message in interface.findall(kind):
        args = message.findall("arg")
        label = f"{name}_{kind}_{message.get('name')}"
        if args:
            out.append(f"static const struct wire_arg {label}[] = {{")
            for arg in args:
                write_arg(out, interfaces, order, interface, arg)
            out.append("};")
        destructor = "true" if message.get("type") == "destructor" else "false"
        length = f"sizeof({label}) / sizeof({label}[0])" if args else "0"
        rows.append(f'\t{{"{message.get("name")}", {message.get("since", "1")}, {destructor}, '
                    f'{label if args else "NULL"}, {length}}},')
    if not rows:
        return "NULL", 0
    out.append(f"static const struct wire_message {name}_{kind}s[] = {{")
    out += rows + ["};"]
    return f"{name}_{kind}s", len(rows)


def main(output, dependencies, places):
    files = list(find_files(places))
    interfaces = read_interfaces(files)
    order = {name: index for index, name in enumerate(interfaces)}
    out = ["/* Written by tables.py. */", '#include "protocol.h"', ""]
    rows = []
    for name, interface in interfaces.items():
        requests = write_messages(out, interfaces, order, interface, "request")
        events = write_messages(out, interfaces, order, interface, "event")
        rows.append(f'\t{{"{name}", {interface.get("version")}, {requests[0]}, {requests[1]}, '
                    f'{events[0]}, {events[1]}}},')
    out.append("const struct wire_interface wire_interfaces[] = {")
    out += rows + ["};", f"const size_t wire_interfaces_len = {len(rows)};"]
    pathlib.Path(output).write_text("\n".join(out) + "\n", encoding="utf-8")
    paths = " ".join(str(file) for file in files)
    pathlib.Path(dependencies).write_text(f"{output}: {paths}\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
