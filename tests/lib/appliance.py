"""A box where the device has it: its configuration is /etc/drillbox, and drillbox somebody's login shell.

    subprocess.run([*appliance.words(box), "drillbox", "status"])
"""

import os

from . import tap
from .box import BINARY

# What else may stand in /etc for a program to start and to name users and times.
ETC = ["group", "nsswitch.conf", "ld.so.cache", "localtime", "ssl"]


def _users():
    """passwd with one more: 'history', who is this test's own user by another name."""
    path = tap.folder("etc") / "passwd"
    with open("/etc/passwd", encoding="utf-8") as file:
        path.write_text(f"{file.read()}history:x:{os.getuid()}:{os.getgid()}::/:{BINARY.resolve()}\n")
    return str(path)


def words(box, log=None):
    """What to put before a command: bubblewrap, with a root in which the box is installed. 'log': a socket in place of the system's log."""
    found = ["bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--dev", "/dev", "--tmpfs", "/etc", "--ro-bind", _users(), "/etc/passwd"]
    for name in ETC:
        found += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    found += ["--ro-bind", str(box.etc), "/etc/drillbox"]
    return [*found, "--bind", str(log), "/dev/log"] if log else found


def on_board(compatible, boards):
    """What to put before a command: a root in which the device tree says so, and the boards of that folder are installed.

    'compatible': the names a device tree has for its machine, from exact to general; none: there is no device tree.
    """
    found = ["bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--dev", "/dev", "--tmpfs", "/sys", "--tmpfs", "/usr/share",
             "--ro-bind", str(boards), "/usr/share/drillbox/boards"]
    if compatible:
        tree = tap.folder("tree") / "compatible"
        tree.write_bytes(b"".join(name.encode() + b"\0" for name in compatible))
        found += ["--ro-bind", str(tree), "/sys/firmware/devicetree/base/compatible"]
    return found
