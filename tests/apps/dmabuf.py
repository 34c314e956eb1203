# SPDX-License-Identifier: MIT
"""
Other people's programs whose memory is their own dma-bufs: what they show, and that nothing is
copied, or why it is. `shows` needs the machine: a camera of the kernel's (vivid) and vgem's card.
"""

import pathlib
import signal
import subprocess

import rig
from rig import Skip, check, check_equal, wait_until

SIZE = (640, 480)
# vivid's first picture: eight bars of 75 %, with lines of text above them.
BARS = [(191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0)]
BARS += [(191, 0, 191), (191, 0, 0), (0, 0, 191), (0, 0, 0)]
TEXT_ROWS = 150
GST_PLUGINS = ("coreelements", "video4linux2", "videoconvertscale", "waylandsink")
IMPORT_FAILED = "import-failed"
# What of these llvmpipe imports; it maps for writing, and so not what is exported read-only.
IMPORTED_BY_GLES2 = ("gst-launch-1.0",)


def load_camera():
    status = subprocess.run(["modprobe", "vivid", "n_devs=1", "node_types=0x1"], check=False)
    if status.returncode != 0:
        raise Skip("the kernel module vivid cannot be loaded")
    for path in sorted(pathlib.Path("/sys/class/video4linux").glob("video*")):
        if (path / "name").read_text().endswith("vid-cap\n"):
            return f"/dev/{path.name}"
    raise Skip("vivid gave no camera")


def vgem_card():
    for path in sorted(pathlib.Path("/sys/class/drm").glob("card[0-9]*")):
        if "/vgem/" in str(path.resolve()):
            return f"/dev/dri/{path.name}"
    raise Skip("there is no vgem card")


def few_plugins(case):
    """GStreamer looks at every plugin that there is, which takes long in the machine."""
    found = subprocess.run(
        ["gst-inspect-1.0", "--version"], check=False, capture_output=True, text=True
    )
    check(found.returncode == 0, "there is no GStreamer")
    folder = case.dir / "plugins"
    folder.mkdir()
    for name in GST_PLUGINS:
        file = f"libgst{name}.so"
        for path in pathlib.Path("/usr/lib").glob(f"*/gstreamer-1.0/{file}"):
            (folder / file).symlink_to(path)
    return {"GST_PLUGIN_SYSTEM_PATH": str(folder), "GST_REGISTRY_FORK": "no"}


def arguments_of(case, program):
    if program == "weston-simple-dmabuf-egl":
        return [program, "-d", vgem_card()], {}
    camera = load_camera()
    if program == "weston-simple-dmabuf-v4l":
        return [program, "-v", camera, "-f", "XR24", "-d", "XR24"], {}
    check_equal(program, "gst-launch-1.0", "the program")
    words = [program, "v4l2src", f"device={camera}", "io-mode=dmabuf", "!"]
    words += ["video/x-raw,format=BGRx,width=320,height=180", "!", "waylandsink"]
    return words, few_plugins(case)


def has_bars(picture, box):
    x, y, width, height = box
    wanted = b"".join(bytes(BARS[i * len(BARS) // width]) for i in range(width))
    rows = range(y + TEXT_ROWS, y + height)
    return len(rows) > 0 and all(picture.crop(x, row, width, 1).data == wanted for row in rows)


def wait_for_picture(gesso, ground, program):
    def shown():
        picture = gesso.shot()
        box = picture.difference_box(ground)
        if not box:
            return False
        if program == "weston-simple-dmabuf-egl":
            return box[2:] == (256, 256) and picture.crop(*box).colours() > 1000
        return has_bars(picture, box)

    wait_until(shown, f"the picture of {program}", 20)


def check_path(gesso, program, renderer, pid):
    figures = gesso.paths_of(pid).get("dmabuf")
    check(figures, f"{program} is on {sorted(gesso.paths_of(pid))}")
    check(figures["frames"] > 0, f"no frame is counted: {figures}")
    if renderer == "pixman" or program in IMPORTED_BY_GLES2:
        check(figures["imports"] > 0, f"nothing was imported: {figures}")
        check_equal(figures["copied_bytes"], 0, "bytes copied")
        check_equal(figures["reason"], None, "the reason")
    else:
        check_equal(figures["imports"], 0, "imports")
        check(figures["copied_bytes"] > 0, f"nothing was copied: {figures}")
        check_equal(figures["reason"], IMPORT_FAILED, "the reason")
        check("for writing" in figures["words"], f"the words: {figures['words']}")
    buffers = [buffer for buffer in gesso.buffers_of(pid) if buffer["path"] == "dmabuf"]
    check(buffers, "no dma-buf is held")
    check(all(buffer["kind"] == "dmabuf" for buffer in buffers), f"its buffers: {buffers}")


def draw_another(gesso, ground):
    """llvmpipe lets go of the last frame's textures when it draws the next one."""
    client = gesso.client("weston-flower", name="next")
    gesso.wait_for_window(ground, "the next client")
    client.end()
    wait_until(lambda: gesso.shot() == ground, "the ground again")


def case_shows(case):
    program, renderer = case.fixture("client"), case.fixture("renderer")
    words, env = arguments_of(case, program)
    gesso = rig.Gesso(
        case, "--renderer", renderer, "--allocator", "none", "--size", "%dx%d" % SIZE
    )
    ground = gesso.warm_up()
    client = gesso.client(*words, env=env)
    wait_for_picture(gesso, ground, program)
    check(client.running(), f"{program} ended by itself")
    check_path(gesso, program, renderer, client.pid)
    client.send(signal.SIGINT)
    check_equal(client.wait(), 0, f"the status of {program}")
    wait_until(lambda: gesso.shot() == ground, "the ground again")
    draw_another(gesso, ground)
    gesso.check_empty()
    gesso.stop()


# Programs that want a main device named (version 4), which a software renderer has not.
WANT_A_DEVICE = {
    "mpv": (
        ["--no-config", "--vo=dmabuf-wayland", "av://lavfi:testsrc=size=64x64"],
        "doesn't support the zwp_linux_dmabuf_v1 (ver. 4) protocol",
    ),
    "weston-simple-dmabuf-feedback": ([], "dma-buf feedback is not supported by compositor"),
}


def case_wants_a_device(case):
    program = case.fixture("client")
    options, words = WANT_A_DEVICE[program]
    gesso = rig.Gesso(case, "--renderer", "pixman", "--size", "%dx%d" % SIZE)
    status, out, said = case.run([program, *options], gesso.env, seconds=20)
    check(status != 0, f"{program} ended well: is it shown now?")
    check(words in out.decode(errors="replace") + said, f"{program} said: {out!r} {said}")
    gesso.stop()


if __name__ == "__main__":
    rig.main(globals())
