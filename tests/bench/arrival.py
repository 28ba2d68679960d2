"""A dump that nginx publishes over TLS: drillbox's pull beside curl to a file and sha256sum of it; see bench.

Both write to the same disk, interleaved, after one run that does not count, and before each the disk is let finish. drillbox does more: it
compares the digest, looks at the archive, and is not done before the bytes are on the disk ("synced" is the script with a sync behind it).
"""

import json
import os
import shutil
import statistics
import sys
import time
from pathlib import Path

from lib import dumps, tap
from lib.box import BINARY, Box
from lib.postgres import Source
from lib.web import CIPHERS, Nginx
from timing import timed

SIZES = {"https": (1000, 5), "https-small": (50, 3)}  # megabytes of the dump, runs
SCRIPT = Path(__file__).resolve().with_name("script.sh")
ROWS = []


def archive(megabytes):
    """A custom archive of that size that nothing can make smaller: bytea, told in hexadecimal."""
    source = Source(database="bench")
    source.sql(f"""CREATE EXTENSION pgcrypto; CREATE TABLE noise (id int, bytes bytea);
        ALTER TABLE noise ALTER bytes SET STORAGE EXTERNAL;
        INSERT INTO noise SELECT i, (SELECT string_agg(gen_random_bytes(1000), '') FROM generate_series(1, 50) WHERE i > 0)
        FROM generate_series(1, {megabytes * 10}) AS i""")
    dump = dumps.made(source, "--compress=none")
    source.stop()
    shutil.rmtree(source.data)
    return dump


class Arrival:
    def __init__(self, megabytes):
        print(f"making a dump of {megabytes} MB", flush=True)
        dump = archive(megabytes)
        self.bytes, self.digest = dump.stat().st_size, dumps.sha256(dump)
        self.root = tap.folder("published")
        dump.rename(self.root / "bench.dump")
        (self.root / "bench.dump.sha256").write_text(f"{self.digest}  bench.dump\n")
        self.file = tap.folder("script") / "bench.dump"
        self.env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}

    def serve(self, cipher=None):
        web = Nginx(**({"cipher": cipher} if cipher else {}))
        web.root.rmdir()
        web.root.symlink_to(self.root)
        return web

    def pull(self, web):
        box = Box("bench").add_published(f"{web.url}/bench.dump", web)
        os.sync()
        result = timed(box._argv(["pull", "shop"]), box._environment({}))
        row = box.json("dumps")["dumps"][0]
        if (row["sha256"], row["bytes"]) != (self.digest, self.bytes):
            sys.exit(f"drillbox stored {row}, published were {self.bytes} bytes, sha256 {self.digest}")
        shutil.rmtree(box.data)
        return result

    def fetch(self, web, *then):
        self.file.unlink(missing_ok=True)
        os.sync()
        argv = [SCRIPT, "fetch", self.file, f"{web.url}/bench.dump", web.certificates.ca]
        result = timed(["bash", "-c", '"$@" && sync -f "$3"', "bash", *argv] if then else argv, self.env)
        if not self.file.with_name("bench.dump.sha256").read_text().startswith(self.digest):
            sys.exit("the script fetched something else")
        return result

    def row(self, who, what, result):
        ROWS.append({"who": who, "what": what, **{k: round(v, 4) for k, v in result.items() if k != "out"}})

    def side_by_side(self, runs):
        web = self.serve()
        for i in range(runs + 1):
            print(f"run {i} of {runs}" if i else "warming up", flush=True)
            for who, call in (("script", self.fetch), ("drillbox", self.pull), ("synced", lambda web: self.fetch(web, "sync"))):
                result = call(web)
                if i:
                    self.row(who, "pull", result)
        web.stop()

    def ciphers(self):
        for cipher in CIPHERS:
            print(f"by {cipher}", flush=True)
            web = self.serve(cipher)
            self.row("drillbox", cipher, self.pull(web))
            self.row("script", cipher, self.fetch(web))
            if {row[6] for row in web.requests()} != {CIPHERS[cipher][1]}:
                sys.exit(f"not by {cipher}: {web.requests()}")
            web.stop()


def values(who, what, key="seconds"):
    return [row[key] for row in ROWS if (row["who"], row["what"]) == (who, what)]


def ratio(over):
    pairs = [a / b for a, b in zip(values("drillbox", "pull"), values(over, "pull"))]
    return statistics.median(pairs), min(pairs), max(pairs)


def print_table(megabytes):
    print(f"\n{'':20}{'seconds':>9}{'MB/s':>8}{'CPU s':>8}{'MiB':>8}")
    for who, name in (("drillbox", "drillbox pull"), ("script", "curl, sha256sum"), ("synced", "the same, sync")):
        seconds = statistics.median(values(who, "pull"))
        print(f"{name:20}{seconds:9.2f}{megabytes / seconds:8.0f}{statistics.median(values(who, 'pull', 'own_cpu')):8.2f}" +
              (f"{max(values(who, 'pull', 'peak_kib')) / 1024:8.1f}" if who == "drillbox" else ""))
    for over, name in (("script", "curl, sha256sum"), ("synced", "the same, sync")):
        print("drillbox of {}: {:.2f} ({:.2f}-{:.2f})".format(name, *ratio(over)))
    print(f"\n{'cipher (TLS 1.3)':20}{'seconds':>9}{'drillbox CPU s':>16}{'curl, sha256sum CPU s':>24}")
    for cipher in CIPHERS:
        print(f"{cipher:20}{values('drillbox', cipher)[0]:9.2f}{values('drillbox', cipher, 'own_cpu')[0]:16.2f}"
              f"{values('script', cipher, 'own_cpu')[0]:24.2f}")


def main(size, work):
    megabytes, runs = SIZES[size]
    began = time.monotonic()
    with tap.cleaning():
        arrival = Arrival(megabytes)
        arrival.side_by_side(int(os.environ.get("RUNS") or runs))
        arrival.ciphers()
    print_table(arrival.bytes / 1e6)
    print()
    memory = max(row["peak_kib"] for row in ROWS if row["who"] == "drillbox") / 1024
    for what, value, limit, unit in (("pull of curl and sha256sum", ratio("script")[0], 1.10, ""), ("most memory of drillbox", memory, 24, "MiB")):
        print(f"{'met   ' if value <= limit else 'MISSED'}  {what:40} {value:8.2f} {unit:4} at most {limit}")
    (work / "rows.json").write_text(json.dumps(ROWS, indent=1))
    print(f"\n{BINARY}, {os.cpu_count()} cores, {time.monotonic() - began:.0f} s; raw rows: build/bench/rows.json")
