"""Pulls that must not deliver: what the box says of them, and that they leave nothing behind."""

from . import processes
from .tap import equal, matches


ARRIVING = "arriving.part"  # what a download that was cut off leaves, to be gone on with


def refused(box, pattern, source="shop", code=2, timeout=60, through=()):
    """`pull` exits 2 with this sentence, the same one stands in its row, and the store is as it was."""
    before = box.files(source)
    result = box.run("pull", source, code=code, timeout=timeout, through=through)
    _told(box, pattern, source, result)
    equal(box.files(source), before, "the store")
    box.no_leftovers()
    return result


def cut_off(box, pattern, source="shop", timeout=60, process=None):
    """The same of a download ('process': of one that was begun) that the next pull may go on with; returns how far it came."""
    before = [name for name in box.files(source) if name != ARRIVING]
    result = box.finish(process, timeout) if process else box.run("pull", source, timeout=timeout)
    equal(result.code, 2, f"{result}")
    _told(box, pattern, source, result)
    equal([name for name in box.files(source) if name != ARRIVING], before, "the store")
    processes.no_strays()
    dump = box.data / "store" / source / ARRIVING / "dump"
    return dump.stat().st_size if dump.exists() else 0


def _told(box, pattern, source, result):
    matches(pattern, result.err, "what it says")
    row = box.json("history", source)["rounds"][0]
    equal((row["kind"], row["dump"], row["verdict"]), ("pull", None, "undecided"), "its row")
    matches(pattern, row["reason"], "its row")


def delivered(box, source="shop", timeout=120, through=()):
    """`pull` delivers; the new dump's path."""
    before = set(box.dumps(source))
    box.run("pull", source, code=0, timeout=timeout, through=through)
    new = [path for path in box.dumps(source) if path not in before]
    equal(len(new), 1, "new dumps")
    return new[0]
