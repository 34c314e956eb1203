# SPDX-License-Identifier: MIT
"""tools/bench where gesso-demo can make dma-bufs: what it measures as path dmabuf took that path by
gesso's own ledger, and the output says that it is emulated. One run of a few frames: no figure is
looked at."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

BENCH = pathlib.Path(__file__).parents[2] / "tools" / "measure" / "bench.py"

with tempfile.TemporaryDirectory() as directory:
    out = pathlib.Path(directory)
    command = [
        sys.executable, "-B", str(BENCH), "--lane", "kernel", "--build", os.environ["GESSO_BUILD"],
        "--logs", str(out / "logs"), "--compositors", "gesso", "--paths", "dmabuf",
        "--renderers", "pixman", "--shown", "scan-out", "--sizes", "320x240", "--rounds", "1",
        "--frames", "5", "--rate", "10", "--json", str(out / "out.json"),
        "--marks", str(out / "out.marks"),
    ]  # fmt: skip
    run = subprocess.run(
        command, env={**os.environ, "XDG_RUNTIME_DIR": directory}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    print(run.stdout)
    assert run.returncode == 0, run.returncode
    whole = json.loads((out / "out.json").read_text())
    marks = (out / "out.marks").read_text()

(scene,) = whole["scenes"]
(entry,) = scene["contenders"]
assert entry["compositor"] == "gesso dmabuf scan-out", entry["compositor"]
assert (entry["runs"], entry["unavailable"]) == (1, None), entry["unavailable"]
figures = entry["rounds"]["0"]
assert (figures["path"], figures["frames"], figures["rate"]) == ("dmabuf", 5, 10), figures
assert figures["ledger_bytes_per_frame"] == 0, figures
assert figures["cpu_ms_per_frame"] > 0, figures
assert whole["lane"] == "kernel" and whole["texture_ready"] is None, whole
with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
    emulated = "TCG" in cpuinfo.read()
assert (whole["emulated_by"] == "QEMU TCG") == emulated, whole["emulated_by"]
for words in (run.stdout, marks):
    assert ("QEMU TCG" in words) == emulated, words
