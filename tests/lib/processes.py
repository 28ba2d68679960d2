"""Children that cannot outlive the test, and a look for those that drillbox left behind."""

import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

from . import tap

PR_SET_CHILD_SUBREAPER = 36

_started = set()  # pids that a Popen of ours waits for
_ours = set()  # those of them that are the tests' own servers


def adopt():
    """Become the parent of every descendant whose own parent dies, so that none gets out of sight."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


adopt()


def start(argv, deathsig="KILL", **options):
    """Popen whose child gets a signal when this program ends, however it ends."""
    process = subprocess.Popen(["setpriv", "--pdeathsig", deathsig, "--", *map(str, argv)], **options)
    _started.add(process.pid)
    return process


def serve(argv, deathsig="KILL", **options):
    """A server of the tests' own: started, not counted as a leftover, killed at the end."""
    process = start(argv, deathsig, **options)
    _ours.add(process.pid)
    tap.at_exit(kill, process)
    return process


def kill(process, how=signal.SIGKILL, wait=10):
    """End it (no matter if it has ended already) and reap it."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    _ours.discard(process.pid)


def _table():
    """pid -> (parent, state, command line) of every process that can be seen."""
    table = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            after = (entry / "stat").read_text().rpartition(")")[2].split()
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        table[int(entry.name)] = (int(after[1]), after[0], line)
    return table


def _reap_adopted(table):
    """Those that died as our children without being started by us."""
    for pid, (parent, state, _) in table.items():
        if parent == os.getpid() and state == "Z" and pid not in _started:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass


def strays():
    """Descendants that are neither servers of the tests nor theirs: 'PID command line'."""
    table = _table()
    _reap_adopted(table)

    def mine(pid):
        seen = pid
        while seen in table and seen != os.getpid():
            if seen in _ours:
                return False
            seen = table[seen][0]
        return seen == os.getpid() and pid != seen

    return [f"{pid} {line or '(no command line)'}" for pid, (_, state, line) in table.items()
            if state != "Z" and mine(pid)]


def wait_for(what, seconds=10.0, every=0.02, saying="it did not happen"):
    """Poll until 'what' is true and return its value."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise tap.Wrong(f"{saying} within {seconds} s")
        time.sleep(every)


def no_strays(seconds=5.0):
    """Nothing that drillbox started is left. What is dying gets a moment."""
    end = time.monotonic() + seconds
    while left := strays():
        if time.monotonic() > end:
            raise tap.Wrong("left running:\n" + "\n".join(left))
        time.sleep(0.05)


def descendants(pid):
    """Pids under 'pid', nearest first."""
    table = _table()
    found = [pid]
    for parent in found:
        found += [child for child, row in table.items() if row[0] == parent]
    return found[1:]
