"""Pulls that must not deliver: what the box says of them, and that they leave nothing behind."""

from .tap import equal, matches


def refused(box, pattern, source="shop", code=2, timeout=60, through=()):
    """`pull` exits 2 with this sentence, the same one stands in its row, and the store is as it was."""
    before = box.files(source)
    result = box.run("pull", source, code=code, timeout=timeout, through=through)
    matches(pattern, result.err, "what it says")
    row = box.json("history", source)["rounds"][0]
    equal((row["kind"], row["dump"], row["verdict"]), ("pull", None, "undecided"), "its row")
    matches(pattern, row["reason"], "its row")
    equal(box.files(source), before, "the store")
    box.no_leftovers()
    return result


def delivered(box, source="shop", timeout=120, through=()):
    """`pull` delivers; the new dump's path."""
    before = set(box.dumps(source))
    box.run("pull", source, code=0, timeout=timeout, through=through)
    new = [path for path in box.dumps(source) if path not in before]
    equal(len(new), 1, "new dumps")
    return new[0]
