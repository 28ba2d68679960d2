"""A test program: functions named test_*, run in the order they stand, reported in TAP.

    def test_a_round_passes():
        "a round of a healthy source passes"
        equal(box.run("round", "shop").code, 0)

    if __name__ == "__main__":
        tap.main(globals())

`PROGRAM test_name...` runs only those. What has to be undone at the end of a test or of the program goes to at_end() or
at_exit(); it is undone in any case.
"""

import contextlib
import inspect
import re
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_program = contextlib.ExitStack()
_test = None
_folder = None


class Skip(Exception):
    """This test cannot be made here; its text says why."""


class Wrong(AssertionError):
    """Something is not as it should be."""


def skip(reason):
    raise Skip(reason)


def folder(name):
    """A new folder of this program, gone at its end."""
    global _folder
    if _folder is None:
        _folder = Path(tempfile.mkdtemp(prefix="t"))
        at_exit(shutil.rmtree, _folder, ignore_errors=True)
    path = Path(tempfile.mkdtemp(prefix=name + "-", dir=_folder))
    return path


def cleaning():
    """For a program without tests: at_exit() happens at the end of the block."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return _program


def at_exit(call, *args, **named):
    """At the end of the program, in the reverse order."""
    _program.callback(call, *args, **named)


def at_end(call, *args, **named):
    """At the end of the running test, or of the program where none runs."""
    (_test or _program).callback(call, *args, **named)


# ---------------------------------------------------------------- what a test says

def ok(truth, what):
    if not truth:
        raise Wrong(what)


def equal(actual, expected, what="value"):
    if actual != expected:
        raise Wrong(f"{what}: expected {expected!r}\n{' ' * len(what)}       got {actual!r}")


def matches(pattern, text, what="text"):
    """The pattern is found in the text, whatever its case and lines."""
    if not re.search(pattern, text or "", re.IGNORECASE | re.DOTALL):
        raise Wrong(f"{what}: no match for {pattern!r} in\n{text}")


def matches_not(pattern, text, what="text"):
    found = re.search(pattern, text or "", re.IGNORECASE | re.DOTALL)
    if found:
        raise Wrong(f"{what}: {found.group(0)!r} should not stand in\n{text}")


# ---------------------------------------------------------------- running

def _title(function):
    return (inspect.getdoc(function) or function.__name__[5:].replace("_", " ")).splitlines()[0]


def _comment(text):
    for line in text.rstrip().splitlines():
        print("#", line)


def _where(error):
    """The line of the test program that the error came from."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/tests/lib/" not in f.filename]
    return f"line {frames[-1].lineno}: {frames[-1].line}" if frames else ""


def _run(number, function):
    """True unless the test failed."""
    global _test
    title, good = _title(function), False
    try:
        with contextlib.ExitStack() as _test:
            function()
        print(f"ok {number} - {title}")
        good = True
    except Skip as reason:
        print(f"ok {number} - {title} # SKIP {reason}")
        good = True
    except Wrong as wrong:
        print(f"not ok {number} - {title}")
        _comment(f"{wrong}\n{_where(wrong)}")
    except Exception:  # a test that breaks is a test that failed
        print(f"not ok {number} - {title}")
        _comment(traceback.format_exc())
    _test = None
    sys.stdout.flush()
    return good


def main(names):
    """Run the test functions of a program's globals() and exit."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    tests = {name: thing for name, thing in names.items() if name.startswith("test_") and callable(thing)}
    wanted = sys.argv[1:] or list(tests)
    print(f"1..{len(wanted)}", flush=True)
    with _program:
        failed = sum(not _run(number, tests[name]) for number, name in enumerate(wanted, 1))
    sys.exit(1 if failed else 0)


def skip_all(reason):
    """The whole program cannot run here."""
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)
