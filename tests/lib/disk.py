"""A small disk, and little memory, for tests that use them up."""

import os
import re
import sys
from pathlib import Path


def small(megabytes, memory=None, used=8192):
    """Start this program again where a folder is a file system of that size; returns the folder.

    'memory', in megabytes, is what the control group then says is left beside what is 'used'; a sandbox may have all but a reserve
    of both. To be called first thing in the program: everything it starts is to see the same.
    """
    path = os.environ.get("SMALL_DISK")
    if not path:
        path = f"{os.environ.get('TMPDIR', '/tmp')}/small-disk-{os.getpid()}"
        os.mkdir(path)
        os.environ["SMALL_DISK"] = path
        groups = ["--tmpfs", "/sys/fs/cgroup"] if memory else []
        os.execvp("bwrap", ["bwrap", "--die-with-parent", "--dev-bind", "/", "/", *groups, "--size", str(megabytes << 20),
                            "--tmpfs", path, sys.executable, *sys.argv])
    if memory:
        _limit(memory, used)
    return Path(path)


def _limit(left, used):
    group = re.search(r"^0::(/.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)
    folder = Path("/sys/fs/cgroup" + (group[1] if group else "/"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{(left + used) << 20}\n")
    (folder / "memory.current").write_text(f"{used << 20}\n")


def free(path):
    what = os.statvfs(path)
    return what.f_bavail * what.f_frsize


def fill(path, leave=0):
    """Take the room of the file system that 'path' is on, but for 'leave' bytes; returns the file that takes it."""
    filler = Path(path) / "filler"
    with open(filler, "wb") as file:
        while (size := free(path) + os.fstat(file.fileno()).st_blocks * 512 - leave) > 0:
            try:
                os.posix_fallocate(file.fileno(), 0, size)
                break
            except OSError:  # somebody was faster
                os.ftruncate(file.fileno(), 0)
    return filler
