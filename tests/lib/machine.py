"""A machine with a panel: QEMU's virt board with the device's kernel and the arm64 program, its lamps and its button at hand.

    machine = Machine({"/box": folder})
    machine.boot()
    machine.serve("drillbox", "--config", "/box/etc/drillbox.conf", "daemon")  # which knows this board
    machine.shows(green="heartbeat", amber="off", red="off")
    machine.press(0.3)

The panel is wired to the board's PL061 (0x09030000, eight lines without names): lamps on lines 4, 5 and 6, unless a board's LAMPS says
otherwise, the button to ground on line 7. Lamps are what the chip's register says, pressing is pulling its line: nothing in the guest takes part in it. The
guest's first process, tests/device/init.c, starts programs there and tells how they fared.
"""

import contextlib
import functools
import json
import os
import re
import select
import socket
import sqlite3
import stat
import subprocess
import time
from pathlib import Path

from . import processes, tap

KERNEL = Path("/opt/linux-arm64")
LIBRARIES = Path("/usr/lib/aarch64-linux-gnu")
LOADER = "/lib/ld-linux-aarch64.so.1"
FLAVOUR = tap.ROOT / "build" / "aarch64"
POSTGRESQL = "/usr/lib/postgresql/17/bin"
QEMU = ("qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-nodefaults", "-display", "none")
NETWORK = ("failover", "net_failover", "virtio_net")

PL061_DATA = 0x09030000 + 0x3FC  # the address masks which lines are read: all
BUTTON = 7
BOARDS = "/usr/share/drillbox/boards"
PANEL = "[panel]\nbackend = gpio\nchip = 9030000.pl061\npass = 4\nbusy = 5\nfail = 6\nbutton = 7\n"

# What each pattern looks like: seconds lit and dark, in turn.
PATTERNS = {
    "heartbeat": (1.9, 0.1),
    "breathe": (0.5, 0.5),
    "double": (0.15, 0.15, 0.15, 1.55),
    "triple": (0.15, 0.15, 0.15, 0.15, 0.15, 1.25),
    "flash": (0.25, 0.25),
    "flicker": (0.05, 0.05),
    "alternate": (0.5, 0.5),
}
# For how many seconds one has to look; else 1.5.
LOOK = {"heartbeat": 4.3, "double": 4.3, "triple": 4.3, "breathe": 2.2, "alternate": 2.7, "flicker": 0.4}
SLACK = 0.07  # seconds that a change may come late in an emulated machine on a busy host; never a whole stretch


# ---------------------------------------------------------------- what the guest holds

@functools.lru_cache
def _needs(binary):
    """The libraries that a program or a library of the guest asks for."""
    told = subprocess.run(["aarch64-linux-gnu-readelf", "-d", binary], check=True, capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", told)


def _with_libraries(programs):
    """Guest path -> file, for the programs and all they need."""
    files = dict(programs)
    wanted = list(programs.values())
    for binary in wanted:
        for name in _needs(binary):
            place = f"/usr/lib/{name}"
            if place not in files:
                files[place] = (LIBRARIES / name).resolve(strict=True)
                wanted.append(files[place])
    files["/usr" + LOADER] = (LIBRARIES / Path(LOADER).name).resolve(strict=True)
    files["/usr/lib/libgcc_s.so.1"] = LIBRARIES / "libgcc_s.so.1"  # the C library asks for it when a thread ends
    return files


class Archive:
    """An initramfs: a cpio archive of the kind 'newc'."""

    def __init__(self, path):
        self.file, self.number, self.folders, self.owner = open(path, "wb"), 0, set(), 0

    def _entry(self, place, mode, content=b""):
        self.number += 1
        name = place.lstrip("/").encode() + b"\0"
        fields = (self.number, mode, self.owner, self.owner, 1, int(time.time()), len(content), 0, 0, 0, 0, len(name), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
        self.file.write(head + b"\0" * (-len(head) % 4) + content + b"\0" * (-len(content) % 4))

    def folder(self, place, mode=0o755):
        if place not in self.folders and place != "/":
            self.folder(os.path.dirname(place))
            self._entry(place, stat.S_IFDIR | mode)
            self.folders.add(place)

    def add(self, place, what):
        """Bytes, a file, or a folder with all it holds."""
        if isinstance(what, bytes):
            self.folder(os.path.dirname(place))
            self._entry(place, stat.S_IFREG | 0o600, what)
        elif what.is_dir():
            self.folder(place, stat.S_IMODE(what.stat().st_mode))
            for part in sorted(what.iterdir()):
                if part.is_dir() or part.is_file():  # not a killed daemon's socket
                    self.add(f"{place}/{part.name}", part)
        else:
            self.folder(os.path.dirname(place))
            self._entry(place, stat.S_IFREG | stat.S_IMODE(what.stat().st_mode), what.read_bytes())

    def link(self, place, target):
        self.folder(os.path.dirname(place))
        self._entry(place, stat.S_IFLNK | 0o777, target.encode())

    def close(self):
        self._entry("TRAILER!!!", 0)
        self.file.close()


def _initramfs(path, files, owner):
    archive = Archive(path)
    for name in ("bin", "lib"):
        archive.link(f"/{name}", f"usr/{name}")
    programs = {"/init": FLAVOUR / "device" / "init", "/usr/bin/drillbox": FLAVOUR / "drillbox", "/usr/bin/bwrap": KERNEL / "bwrap"}
    for place, file in _with_libraries(programs).items():
        archive.add(place, file)
    for name in ("pg_dump", "pg_restore"):
        archive.add(f"{POSTGRESQL}/{name}", FLAVOUR / "device" / "init")  # no link: a sandbox shows what is below /usr
    for name in NETWORK:
        archive.add(f"/usr/lib/modules/{name}.ko.xz", KERNEL / f"{name}.ko.xz")
    archive.add(f"{BOARDS}/qemu-virt.conf", tap.ROOT / "board/qemu-virt/panel.conf")
    archive.add("/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    archive.add("/etc/group", b"root:x:0:\n")
    archive.owner = owner
    for place, what in files.items():
        archive.add(place, what)
    archive.close()


# ---------------------------------------------------------------- lines of text over sockets

class Line:
    """One end of a socket that QEMU opened."""

    def __init__(self, path):
        def connect():
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(str(path))
                return True
            except OSError:
                self.socket.close()
                return False
        processes.wait_for(connect, 20, saying=f"QEMU did not open {path.name}")
        self.socket.settimeout(60)
        self.file = self.socket.makefile("rwb")

    def send(self, line):
        self.file.write(line.encode() + b"\n")
        self.file.flush()

    def read(self):
        line = self.file.readline()
        if not line:
            raise tap.Wrong("QEMU has gone")
        return line.decode().rstrip("\n")


class Answer:
    def __init__(self, words, code, raw):
        self.words, self.code = list(map(str, words)), code
        self.raw, self.text = raw, raw.decode(errors="replace")

    def json(self):
        try:
            return json.loads(self.text)
        except ValueError:
            raise tap.Wrong(f"this is not JSON: {self}") from None

    def __str__(self):
        return f"`{' '.join(self.words)}` in the guest -> {self.code}\n{self.text}"


# ---------------------------------------------------------------- the machine

class Board:
    """What is plugged into QEMU's virt board is said by start(); the panel is wired to it in any case."""

    MEMORY = 1024  # MB
    LAMPS = {"green": 4, "amber": 5, "red": 6}  # the lines they are wired to

    def __init__(self, name):
        self.dir = tap.folder("qemu")
        self.log = Path(os.environ.get("BUILD", FLAVOUR)).resolve() / "log" / f"{name}-console.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)

    def start(self, kernel, initrd, words, network, *options):
        """'words': the kernel's command line; 'network': options of the network card's other end, each after a comma."""
        for name in ("qtest", "qmp"):  # of one whose power was cut
            (self.dir / name).unlink(missing_ok=True)
        sockets = {name: self.dir / name for name in ("qtest", "qmp")}
        self.process = processes.serve([
            *QEMU, "-m", str(self.MEMORY), "-accel", "tcg,thread=multi", "-no-reboot", "-kernel", kernel, "-initrd", initrd, "-append", words,
            "-chardev", f"file,id=console,path={self.log},append=on", "-serial", "chardev:console",
            "-qtest", f"unix:{sockets['qtest']},server=on,wait=off", "-qtest-log", "none",
            "-qmp", f"unix:{sockets['qmp']},server=on,wait=off",
            *options, "-netdev", f"user,id=net{network}", "-device", "virtio-net-pci,netdev=net,id=card,romfile="],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.dir / "qemu.err", "wb"))
        self.qtest, self.qmp = (Line(path) for path in sockets.values())
        self.qmp.read()
        self._qmp("qmp_capabilities")
        parts = self._qmp("qom-list", path="/machine/unattached")
        self.pl061 = next(f"/machine/unattached/{part['name']}" for part in parts if part["type"] == "child<pl061>")
        self.held = None
        self.button(False)

    def _qmp(self, command, **arguments):
        self.qmp.send(json.dumps({"execute": command, "arguments": arguments}))
        while True:
            told = json.loads(self.qmp.read())
            if "error" in told:
                raise RuntimeError(f"QEMU, {command}: {told['error']['desc']}")
            if "return" in told:
                return told["return"]

    def _ask_qtest(self, words):
        self.qtest.send(words)
        told = self.qtest.read()
        if not told.startswith("OK"):
            raise RuntimeError(f"QEMU, {words}: {told}")
        return told[3:]

    def network(self, plugged=True):
        """Plug the network cable in, or pull it."""
        self._qmp("set_link", name="card", up=plugged)

    def said(self):
        """The console so far."""
        return self.log.read_text(errors="replace")

    # ------------------------------------------------------------ the panel

    def button(self, down):
        """The line is high while the button is up: it goes to ground."""
        if down != self.held:
            self._ask_qtest(f"set_irq_in {self.pl061} unnamed-gpio-in {BUTTON} {0 if down else 1}")
            self.held = down

    def press(self, seconds, bounces=0):
        """Press and let go. Each change comes after 'bounces' of 3 ms."""
        for down in (True, False):
            for _ in range(bounces):
                self.button(down)
                time.sleep(0.003)
                self.button(not down)
                time.sleep(0.003)
            self.button(down)
            if down:
                time.sleep(seconds)

    def lamps(self):
        """Which are lit, now."""
        lines = int(self._ask_qtest(f"readl {PL061_DATA:#x}"), 16)
        return tuple(bool(lines >> line & 1) for line in self.LAMPS.values())

    def watch(self, seconds):
        """The lamps over a while: for each, when it changed and to what, its first state being at 0."""
        start = time.monotonic()
        seen = {lamp: [(0.0, lit)] for lamp, lit in zip(self.LAMPS, self.lamps())}
        while (at := time.monotonic() - start) < seconds:
            for changes, lit in zip(seen.values(), self.lamps()):
                if changes[-1][1] != lit:
                    changes.append((at, lit))
            time.sleep(0.004)
        return seen

    def shows(self, seconds=30.0, **wanted):
        """Wait until the lamps show these patterns: shows(green="off", amber="double"). A lamp not named may do as it likes."""
        end = time.monotonic() + seconds
        while True:
            seen = self.watch(max(LOOK.get(pattern, 1.5) for pattern in wanted.values()))
            now = {lamp: pattern_of(seen[lamp]) for lamp in seen}
            if all(fits(now[lamp], pattern) for lamp, pattern in wanted.items()):
                return seen
            if time.monotonic() > end:
                last = "\n".join(self.said().splitlines()[-15:])
                raise tap.Wrong(f"expected {wanted}, saw {now}\n{described(seen)}\n{last}")


class Machine(Board):
    """The program alone, and a first process that starts it."""

    def __init__(self, files, name="device", owner=0):
        """'files': guest path -> bytes, file or folder; they are the owner's."""
        super().__init__(name)
        _initramfs(self.dir / "initramfs", files, owner)

    def boot(self, *options):
        port = self.dir / "port"  # on the first virtio device there is, so that its name in the guest has the number 0
        self.start(KERNEL / "vmlinuz", self.dir / "initramfs", "console=ttyAMA0 quiet panic=-1 net.ifnames=0", ",restrict=on",
                   "-device", "virtio-serial-pci,romfile=", "-chardev", f"socket,id=port,path={port},server=on,wait=off",
                   "-device", "virtserialport,chardev=port", *options)
        self.port = Line(port)
        start = time.monotonic()
        self.lit_in_boot = self._watch_boot()
        self.boot_seconds = time.monotonic() - start

    def _watch_boot(self):
        """Until the guest can answer; the lamps that were lit meanwhile."""
        seen = []
        self.port.send("served")
        while not select.select([self.port.socket], [], [], 0.02)[0]:
            seen.append(self.lamps())
        self._answer(("served",))
        return {lamp for lamps in seen for lamp, lit in zip(self.LAMPS, lamps) if lit}

    # ------------------------------------------------------------ in the guest

    def ask(self, *words):
        self.port.send("\t".join(map(str, words)))
        return self._answer(words)

    def _answer(self, words):
        code, length = self.port.read().split()
        return Answer(words, int(code), self.port.file.read(int(length)))

    def demand(self, *words, code=0):
        answer = self.ask(*words)
        if answer.code != code:
            raise tap.Wrong(f"expected {code}: {answer}")
        return answer

    def run(self, *words, code=0):
        return self.demand("run", *words, code=code)

    def serve(self, *words, watchdog=3600):
        """Start it as a service manager would; it is killed when it says nothing for 'watchdog' seconds."""
        return self.demand("serve", watchdog, *words)

    def signal(self, number):
        self.demand("signal", int(number))

    def ended(self, seconds=20):
        """How what is served ended."""
        processes.wait_for(lambda: self.ask("served").text != "running", seconds, saying="what is served did not end")
        return self.ask("served").text

    def ledger(self, data, query, tries=3):
        """Rows of a ledger in the guest, by name."""
        folder = tap.folder("ledger")
        for end in ("", "-wal"):
            answer = self.ask("read", f"{data}/ledger/ledger.sqlite{end}")
            if answer.code == 0:
                (folder / f"ledger.sqlite{end}").write_bytes(answer.raw)
        with contextlib.closing(sqlite3.connect(folder / "ledger.sqlite")) as db:
            db.row_factory = sqlite3.Row
            try:
                return [dict(row) for row in db.execute(query)]
            except sqlite3.DatabaseError:  # written to between the reading of the two files
                if tries == 0:
                    raise
        return self.ledger(data, query, tries - 1)

    def bring_up_network(self):
        for name in NETWORK:
            self.demand("load", f"/usr/lib/modules/{name}.ko.xz")
        self.demand("address", "eth0", "10.0.2.15")


def pattern_of(changes):
    """The pattern that these changes are a stretch of; None where they are of no pattern."""
    if len(changes) == 1:
        return "on" if changes[0][1] else "off"
    stretches = [(lit, until - at) for (at, lit), (until, _) in zip(changes[1:], changes[2:])]
    for name, shape in PATTERNS.items():
        if len(stretches) >= len(shape) and any(_follows(stretches, shape, shift) for shift in range(len(shape))):
            return name
    return None


def _follows(stretches, shape, shift):
    wanted = [(place % 2 == 0, shape[place % len(shape)]) for place in range(shift, shift + len(stretches))]
    return all(lit == wanted_lit and abs(seconds - wanted_seconds) <= min(SLACK, 0.8 * wanted_seconds)
               for (lit, seconds), (wanted_lit, wanted_seconds) in zip(stretches, wanted))


def fits(seen, wanted):
    return seen == wanted or {seen, wanted} == {"breathe", "alternate"}  # one lamp alone cannot tell them apart


def in_turn(one, other):
    """Whether every change of one lamp is one of the other, to the opposite."""
    def mirrored(at, lit):
        return any(abs(at - there) <= SLACK and lit != opposite for there, opposite in other)
    inner = one[2:-1]  # the ends may be cut off in the other's
    return len(inner) >= 2 and all(mirrored(at, lit) for at, lit in inner)


def described(seen):
    def line(changes):
        return " ".join(f"{'on' if lit else 'off'}@{at:.2f}" for at, lit in changes)
    return "\n".join(f"  {lamp:5} {line(changes)}" for lamp, changes in seen.items())
