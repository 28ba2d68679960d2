"""A small disk, for tests that fill it."""

import os
import sys
from pathlib import Path


def small(megabytes):
    """Start this program again where DISK, a folder, is a file system of that size; returns the folder.

    To be called first thing in the program: everything it starts is to see the same file system.
    """
    path = os.environ.get("SMALL_DISK")
    if path:
        return Path(path)
    path = f"{os.environ.get('TMPDIR', '/tmp')}/small-disk-{os.getpid()}"
    os.mkdir(path)
    os.environ["SMALL_DISK"] = path
    os.execvp("bwrap", ["bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--size", str(megabytes << 20), "--tmpfs", path,
                        sys.executable, *sys.argv])


def free(path):
    what = os.statvfs(path)
    return what.f_bavail * what.f_frsize


def fill(path, leave=0):
    """Take the room of the file system that 'path' is on, but for 'leave' bytes; returns the file that takes it."""
    filler = Path(path) / "filler"
    with open(filler, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free(path) - leave))
    return filler
