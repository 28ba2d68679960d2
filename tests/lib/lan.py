"""The local net behind one of the machine's sockets: Ethernet frames in and out, and a question for a name on it.

    lan = Lan(path)  # of a '-netdev stream,server=on' of QEMU, which puts four bytes of length before each frame
    lan.addresses_of("closet.local")

What is asked is a multicast DNS question (RFC 6762, section 5) over IPv6, as any computer on that net would ask it.
"""

import ipaddress
import re
import socket
import struct
import time

from . import processes

MDNS = 5353
GROUP = ipaddress.ip_address("ff02::fb")
OURS = ipaddress.ip_address("fe80::5054:ff:fe00:1")
ETHERNET = bytes.fromhex("3333000000fb" "525400000001" "86dd")  # to the group's address, from ours, IPv6 (RFC 2464)
UDP = 17
AAAA, IN = 28, 1


def _checksum(data):
    """RFC 1071."""
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _question(name):
    """RFC 1035, section 4.1."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", 0, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", AAAA, IN)


def _frame(message):
    """RFC 8200, sections 3 and 8.1."""
    length = 8 + len(message)
    ends = OURS.packed + GROUP.packed
    summed = _checksum(ends + struct.pack(">I3xB", length, UDP) + struct.pack(">4H", MDNS, MDNS, length, 0) + message)
    return ETHERNET + struct.pack(">IHBB", 6 << 28, length, UDP, 255) + ends + struct.pack(">4H", MDNS, MDNS, length, summed) + message


def _answered(frame, name):
    """The addresses that an answer for that name holds."""
    message = frame[62:]
    if frame[12:14] != b"\x86\xdd" or frame[20:21] != bytes([UDP]) or frame[54:56] != struct.pack(">H", MDNS) or not message[2:3] >= b"\x80":
        return set()
    if name.split(".")[0].encode() not in message:
        return set()
    records = re.findall(rb"\x00\x1c[\x00\x80]\x01.{4}\x00\x10(.{16})", message, re.S)  # AAAA, IN, how long it holds, 16 bytes
    return {str(ipaddress.ip_address(record)) for record in records}


class Lan:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.socket.settimeout(0.5)
        self.rest = b""

    def _frames(self):
        """Those that have come."""
        try:
            self.rest += self.socket.recv(1 << 16)
        except TimeoutError:
            return
        while len(self.rest) >= 4 and len(self.rest) >= 4 + (length := int.from_bytes(self.rest[:4], "big")):
            frame, self.rest = self.rest[4:4 + length], self.rest[4 + length:]
            yield frame

    def addresses_of(self, name, seconds=30):
        """Asked anew every second, until somebody answers."""
        asked = 0
        found = set()

        def heard():
            nonlocal asked
            if time.monotonic() - asked > 1:
                asked = time.monotonic()
                frame = _frame(_question(name))
                self.socket.sendall(struct.pack(">I", len(frame)) + frame)
            for frame in self._frames():
                found.update(_answered(frame, name))
            return found

        return processes.wait_for(heard, seconds, saying=f"nobody answers for {name}")
