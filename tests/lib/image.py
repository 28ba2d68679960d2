"""The device's image as it boots on QEMU's virt board: its own kernel, initrd and command line, its disk as a virtio one.

    device = Appliance(Path("build/image/drillbox-arm64.img.zst"))
    device.lay("drillbox.txt", f"[ssh]\nadmin = {device.public('admin')}\n".encode())
    device.boot()
    device.run("systemctl", "is-active", "drillbox.service")
    device.cut()
    device.boot()

It is reached as its people reach it: over SSH, by keys that drillbox.txt on the boot partition gave it. What stands on the host's
loopback is 10.0.2.2 for it. A cut takes what the guest had not yet written to its disk; what the disk was given it keeps, for this
machine's own cache is no less there than before. So a file that nobody synced is missed after a cut, but neither a flush of the disk's
cache that nobody asked for, nor a disk that lies about it, would be. More is plugged in with plug_in(): LAN, a net of its own behind a
second socket for a cable, is lan.Lan(device.dir / "lan").
"""

import json
import math
import shlex
import struct
import subprocess
import threading
import time

from . import machine, postgres, processes, tap

BOOT_AT = "@@4M"  # where the boot partition begins
CARD = 4 << 30
LONG_AGO = "2020-01-01"  # where a clock stands that no battery keeps
LAN = ("-netdev", "stream,id=lan,server=on,addr.type=unix,addr.path={dir}/lan", "-device", "virtio-net-pci,netdev=lan,romfile=")
WATCHDOG = ("-device", "i6300esb", "-action", "watchdog=pause")  # in the place of the board's own, and of what it does
SERIAL = "10000000c0ffee42"  # as a Raspberry Pi has one
HOST = "10.0.2.2"
DARK, ALL = (False, False, False), (True, True, True)
ANEW = ("-S", "none")  # with a connection of its own
PATIENCE = 420  # seconds for a boot on a busy host without virtualisation


# The Devicetree Specification, chapter 5: what stands in a flattened device tree.
FDT_HEADER, FDT_BEGIN_NODE, FDT_PROP = ">10I", 1, 3


def with_property(tree, name, value):
    """A flattened device tree whose root has one property more."""
    head = list(struct.unpack_from(FDT_HEADER, tree))
    structure, strings, strings_size, structure_size = head[2], head[3], head[8], head[9]
    if struct.unpack_from(">II", tree, structure) != (FDT_BEGIN_NODE, 0):
        raise RuntimeError("this is no device tree")
    value += b"\0" * (-len(value) % 4)
    added = struct.pack(">III", FDT_PROP, len(value), strings_size) + value
    nodes = tree[structure:structure + 8] + added + tree[structure + 8:structure + structure_size]
    names = tree[strings:strings + strings_size] + name.encode() + b"\0"
    front = tree[:min(structure, strings)]
    head[1], head[2], head[3] = len(front) + len(nodes) + len(names), len(front), len(front) + len(nodes)
    head[8], head[9] = len(names), len(nodes)
    return struct.pack(FDT_HEADER, *head) + front[struct.calcsize(FDT_HEADER):] + nodes + names


class Recorder:
    """What the lamps do, from its start to stop(): (seconds since the start, lamps) for each change. Nobody else may look meanwhile."""

    def __init__(self, board):
        self.board, self.start = board, time.monotonic()
        self.seen, self.ended = [(0.0, board.lamps())], False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ended:
            lit = self.board.lamps()
            if lit != self.seen[-1][1]:
                self.seen.append((time.monotonic() - self.start, lit))
            time.sleep(0.01)

    def so_far(self):
        """The changes; the last one stands for the end."""
        seen = list(self.seen)
        return [*seen, (time.monotonic() - self.start, seen[-1][1])]

    def stop(self):
        self.ended = True
        self.thread.join()
        return self.so_far()


def was_dark(changes, until=math.inf):
    """Before then nothing but one test of the lamps, of 0.5 s, may have lit green."""
    greens = [(at, lit, end) for (at, lit), (end, _) in zip(changes, changes[1:]) if lit[0] and at < until]
    for at, lit, end in greens:
        tap.ok(lit == ALL and end - at < 1.5, f"green was lit {at:.1f} s after power-on for {end - at:.1f} s: {changes}")
    tap.ok(len(greens) <= 1, f"the lamps were tested more than once: {changes}")


class Appliance(machine.Board):
    MEMORY = 512  # as the smallest board has

    def __init__(self, image, name="device-image"):
        super().__init__(name)
        self.card, self.lines, self.plugged = self.dir / "card", {}, []
        subprocess.run(["zstd", "-q", "-d", "--sparse", image, "-o", self.card], check=True)
        with open(self.card, "r+b") as card:  # as when it is written to a card of that size
            card.truncate(CARD)
        self.tree = self.dir / "device-tree"
        subprocess.run([machine.QEMU[0], "-M", f"virt,dumpdtb={self.tree}", *machine.QEMU[3:], "-m", str(self.MEMORY)], check=True, capture_output=True)
        self.tree.write_bytes(with_property(self.tree.read_bytes(), "serial-number", SERIAL.encode() + b"\0"))

    def public(self, name):
        """A public key for authorized_keys; the private one is made with it."""
        key = self.dir / name
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key], check=True)
        return key.with_suffix(".pub").read_text().strip()

    # ------------------------------------------------------------ the boot partition, as a computer sees it that the card is put into

    def _mtools(self, *words, **given):
        return subprocess.run([words[0], "-i", f"{self.card}{BOOT_AT}", *words[1:]], check=True, capture_output=True, **given).stdout

    def lay(self, name, content):
        self._mtools("mcopy", "-o", "-", f"::{name}", input=content)

    def lies(self, name):
        """The bytes of a file there; None where there is none."""
        try:
            return self._mtools("mcopy", f"::{name}", "-")
        except subprocess.CalledProcessError:
            return None

    def relabel(self, old, new):
        """The file system of that name gets another."""
        table = json.loads(subprocess.run(["sfdisk", "--json", self.card], check=True, capture_output=True).stdout)["partitiontable"]
        for part in table["partitions"]:
            place = f"{self.card}?offset={part['start'] * 512}"
            if subprocess.run(["e2label", place], capture_output=True, text=True).stdout.strip() == old:
                subprocess.run(["e2label", place, new], check=True, capture_output=True)
                return
        raise RuntimeError(f"there is no {old} on the card")

    def new_disk(self, name, size, label):
        """A disk that is one file system of that label, with less in it than it has room for; plug_in() takes what this returns."""
        path = self.dir / name
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-L", label, path, "64M"], check=True, capture_output=True)
        with open(path, "r+b") as disk:
            disk.truncate(size)
        return ("-drive", f"file={path},format=raw,if=none,id={name},cache=unsafe", "-device", f"virtio-blk-pci,drive={name}")

    def plug_in(self, *options):
        """From the next start on."""
        self.plugged += [option.format(dir=self.dir) for option in options]

    def unplug(self):
        """All of that."""
        self.plugged = []

    def _for_kernel(self, name):
        (self.dir / name).write_bytes(self.lies(name))
        return self.dir / name

    # ------------------------------------------------------------ its life

    def power_on(self, clock=None):
        """'clock': where its clock stands then; without it, at the present."""
        said = dict(line.replace("=", " ").split()[:2] for line in self.lies("config.txt").decode().splitlines()
                    if line.startswith(("kernel=", "initramfs ")))
        words = self.lies("cmdline.txt").decode().strip()
        self.port = postgres.free_port()
        (self.dir / "lan").unlink(missing_ok=True)
        self.start(self._for_kernel(said["kernel"]), self._for_kernel(said["initramfs"]),
                   f"{words} console=ttyAMA0 panic=-1 loglevel=6 systemd.show_status=yes", f",hostfwd=tcp:127.0.0.1:{self.port}-:22",
                   "-dtb", self.tree, "-drive", f"file={self.card},format=raw,if=none,id=card0,cache=unsafe", "-device", "virtio-blk-pci,drive=card0",
                   "-device", "virtio-rng-pci", "-no-shutdown", *self.plugged, *(("-rtc", f"base={clock}") if clock else ()))

    def boot(self, clock=None):
        """Until it lets its admin in. 'boot_seconds': when it did; 'lamps_in_boot': what they showed until then."""
        self.boot_watched(clock).stop()

    def boot_watched(self, clock=None):
        """The same, with a Recorder that goes on, and is its caller's to stop."""
        start = time.monotonic()
        self.power_on(clock)
        recorder = Recorder(self)
        try:
            self.let_in()
        except BaseException:
            recorder.stop()
            raise
        finally:
            self.lamps_in_boot = recorder.so_far()
        self.boot_seconds = time.monotonic() - start
        return recorder

    def let_in(self):
        """Until its admin may log in: sshd lets somebody wait who was refused too often."""
        processes.wait_for(lambda: self.is_off() or self.ask("true", options=ANEW).code == 0, PATIENCE, every=1, saying="it lets nobody in")
        if self.is_off():
            raise tap.Wrong(f"it has ended: {self.said()[-2000:]}")
        for user in ("admin", "history"):
            if (self.dir / user).exists() and user not in self.lines:
                self._keep_line(user)

    def is_off(self):
        """Whether it has ended by itself; its lamps can still be looked at."""
        return self.state() != "running"

    def state(self):
        """As QEMU calls it."""
        return self._qmp("query-status")["status"]

    def shut_down(self):
        """As its admin does it; the lamps at the end."""
        self.ask("systemctl", "poweroff")
        processes.wait_for(self.is_off, 120, saying="it did not end")
        lamps = self.lamps()
        self.cut()
        return lamps

    def cut(self):
        """The power goes."""
        for process in (self.process, *self.lines.values()):
            processes.kill(process)
        for user in self.lines:
            self._line(user).unlink(missing_ok=True)
        self.lines = {}

    # ------------------------------------------------------------ the panel

    def was_dark_in_boot(self):
        was_dark(self.lamps_in_boot)

    def agrees(self, **lights):
        """What the lamps show, and that SSH says the same of them."""
        wanted = {"green": "off", "amber": "off", "red": "off"} | lights
        self.shows(60, **wanted)
        said = self.asked("status", "--json").json()["lights"]
        tap.equal({"green": said["pass"], "amber": said["busy"], "red": said["fail"]}, wanted, "the lights as SSH tells them")

    # ------------------------------------------------------------ over SSH

    def _line(self, user):
        return self.dir / f"line-{user}"

    def _keep_line(self, user):
        """A connection that stays, for whoever gives no options: making one takes an emulated processor a second."""
        self.lines[user] = processes.serve(self.command(user=user, options=("-M", "-N", "-S", self._line(user))),
                                           stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        processes.wait_for(self._line(user).exists, 60, saying=f"{user} was let in, and then not")

    def command(self, *words, user="admin", key=None, options=None):
        options = ("-S", self._line(key or user)) if options is None else options
        return ["ssh", "-F", "none", "-p", str(self.port), "-i", self.dir / (key or user), "-o", "IdentitiesOnly=yes",
                "-o", "StrictHostKeyChecking=accept-new", "-o", f"UserKnownHostsFile={self.dir}/known_hosts",
                "-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15",
                "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4", *options, "--", f"{user}@127.0.0.1", *words]

    def ssh(self, *words, user="admin", key=None, options=None, **given):
        return subprocess.run(self.command(*words, user=user, key=key, options=options), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              **({"stdin": subprocess.DEVNULL} | given))

    def asked(self, *words, key="history", **given):
        """What 'history' gets to read."""
        done = self.ssh(*words, user="history", key=key, **given)
        return machine.Answer(words, done.returncode, done.stdout)

    def ask(self, *words, **given):
        """As root."""
        done = self.ssh("sudo", shlex.join(map(str, words)), **given)
        return machine.Answer(words, done.returncode, done.stdout)

    def run(self, *words, code=0, **given):
        answer = self.ask(*words, **given)
        if answer.code != code:
            raise tap.Wrong(f"expected {code}: {answer}")
        return answer

    def shown(self, unit, name):
        """A property of a unit; of the system, for ""."""
        return self.run("systemctl", "show", "--value", "-p", name, *filter(None, [unit])).text.strip()
