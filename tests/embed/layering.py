# SPDX-License-Identifier: MIT
"""The component includes nothing of gesso's own server: `layering.py COMPOSITOR_FOLDER`."""

import pathlib
import re
import sys

PARTS = ("allocators", "buffers", "renderer", "memory")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)

top = pathlib.Path(sys.argv[1])
files = [path for part in PARTS for path in (top / part).glob("*.[ch]")]
assert len(files) > 20, f"only {len(files)} files under {top}: is this the compositor's folder?"
wrong = []
for path in files:
    for name in INCLUDE.findall(path.read_text()):
        if (top / name).exists() and name.split("/")[0] not in PARTS:
            wrong.append(f"{path.relative_to(top)} includes {name}")
for line in wrong:
    print(line, file=sys.stderr)
sys.exit(1 if wrong else 0)
