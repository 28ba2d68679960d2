"""A command's seconds, its processor time and its memory."""

import os
import re
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path


def cpu_seconds():
    """Of the whole machine: servers that outlive the command count too."""
    user, nice, system, _idle, _iowait, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def children_seconds():
    """Of what we started and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Peak(threading.Thread):
    """The most memory one process had, from outside."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.path, self.kib, self.over = Path(f"/proc/{pid}/status"), 0, threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.02):
            try:
                self.kib = max(self.kib, int(re.search(r"VmHWM:\s+(\d+)", self.path.read_text())[1]))
            except (OSError, TypeError):
                return


def timed(argv, env):
    cpu, own, begin = cpu_seconds(), children_seconds(), time.monotonic()
    child = subprocess.Popen(list(map(str, argv)), env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    peak = Peak(child.pid)
    out, err = child.communicate(timeout=1800)
    seconds = time.monotonic() - begin
    peak.over.set()
    if child.returncode:
        sys.exit(f"{' '.join(map(str, argv))} ended with {child.returncode}\n{out}{err}")
    return {"seconds": seconds, "cpu": cpu_seconds() - cpu, "own_cpu": children_seconds() - own, "peak_kib": peak.kib, "out": out}
