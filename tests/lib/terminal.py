"""A terminal of the tests' own, to run a program in, type at it and read its screen."""

import os
import pty
import re
import select
import time

from . import processes, tap


class Terminal:
    """A program that believes a person sits before it."""

    def __init__(self, argv, columns=80, **options):
        self.master, slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.seen = ""
        env = {**options.pop("env", os.environ), "COLUMNS": str(columns), "TERM": "xterm"}
        self.process = processes.serve(["setsid", "-c", *argv], "TERM", stdin=slave, stdout=slave, stderr=slave, env=env, **options)
        os.close(slave)
        tap.at_end(self.close)

    def read(self, seconds=0.05):
        """All that was printed so far."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and select.select([self.master], [], [], left)[0]:
            try:
                data = os.read(self.master, 65536)
            except (BlockingIOError, OSError):
                break
            self.seen += data.decode(errors="replace")
        return self.seen

    def plain(self):
        """The same without colours and other controls."""
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.read())

    def wait_for(self, pattern, seconds=20):
        processes.wait_for(lambda: re.search(pattern, self.plain()), seconds, saying=f"{pattern!r} was not on the screen")

    def type(self, keys):
        os.write(self.master, keys.encode())

    def line(self):
        """What stands on the line that is drawn over."""
        return self.plain().replace("\n", "\r").rstrip("\r").split("\r")[-1]

    def close(self):
        processes.kill(self.process)
        try:
            os.close(self.master)
        except OSError:
            pass


def lamps_over(terminal, seconds):
    """For a while: each state of (pass, busy, fail) that was drawn, with when."""
    end, states = time.monotonic() + seconds, []
    while time.monotonic() < end:
        found = re.search(r"pass (.)\s+busy (.)\s+fail (.)", terminal.line())
        if found:
            state = tuple(lamp == "●" for lamp in found.groups())
            if not states or states[-1][1] != state:
                states.append((time.monotonic(), state))
        time.sleep(0.01)
    return [state for _, state in states]
