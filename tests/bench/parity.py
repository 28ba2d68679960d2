"""Databases of many tables and hardly a row: whether anything grows faster than what there is to compare; see bench.

The same pull and drill of 2 000 and of 20 000 tables, beside pg_dump and pg_restore alone. Growth is what a table takes in the
large database by what it takes in the small one. 1 is linear, 10 would be quadratic; what is allowed above 1 is what a larger
catalogue costs PostgreSQL itself (deeper indexes, fuller caches) and a machine that is never quite still: pg_restore's own growth
stands beside. All of it lies in memory, so that no disk is measured.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lib import postgres, tap
from lib.box import BINARY, Box
from timing import timed

SIZES = {"parity": ((2000, 3), (20000, 1)), "parity-small": ((200, 3), (2000, 1))}  # tables, runs
COMPARING = ("structure", "volume", "sequences")  # rows are counted beside the structure: only what is left is the volume's own time
GROWTH = 1.5
LEAST = 0.25  # seconds: below that it is noise
HERE = Path(__file__).resolve().parent
ROWS = []


def source_of(tables):
    source = postgres.Source(database="bench")
    # as such a server has to have it: pg_dump locks them all
    source.sql(f"ALTER SYSTEM SET max_locks_per_transaction = {max(64, 2 * tables // 40)}")
    source.stop()
    source.start()
    source.sql((postgres.DATA / "many.sql").read_text(), variables=[f"scale={tables}"])
    source.sql("GRANT CONNECT ON DATABASE bench TO drillbox; CHECKPOINT")
    return source


class Many:
    prepared = None  # the cluster's template, made by the first

    def __init__(self, tables):
        print(f"{tables} tables: loading", flush=True)
        self.tables = tables
        self.source = source_of(tables)
        self.box = Box("bench")
        self.box.add(self.source)
        if self.prepared:
            shutil.copytree(self.prepared, self.box.data / "templates")
        else:
            self.box.run("round", "shop", code=0)
            Many.prepared = self.box.data / "templates"
        self.folder = tap.folder("bench")
        self.template = self.folder / "template"
        subprocess.run([HERE / "tuned.sh", "prepare", self.template], check=True)
        (self.folder / "pgpass").write_text("*:*:*:*:{}\n".format(self.source.password.replace("\\", "\\\\").replace(":", "\\:")))
        (self.folder / "pgpass").chmod(0o600)
        self.libpq = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PGHOST": self.source.host, "PGHOSTADDR": "127.0.0.1",
                      "PGPORT": str(self.source.port), "PGUSER": "drillbox", "PGDATABASE": "bench", "PGSSLMODE": "verify-full",
                      "PGSSLROOTCERT": str(self.source.certificates.ca), "PGPASSFILE": str(self.folder / "pgpass")}
        self.plain = {"PATH": os.environ["PATH"], "LANG": "en_US.UTF-8"}

    def row(self, what, seconds, **more):
        ROWS.append({"tables": self.tables, "what": what, "seconds": round(seconds, 4), **more})

    def once(self):
        env = self.box._environment({})
        dump = timed(["/usr/lib/postgresql/17/bin/pg_dump", "-Fc", "--compress=zstd:3", "-f", self.folder / "bare.dump"], self.libpq)
        pull = timed(self.box._argv(["pull", "shop"]), env)
        drill = timed(self.box._argv(["drill", "shop"]), env)
        stored = sorted((self.box.data / "store" / "shop").glob("*.dump"))[-1]
        restore = timed([HERE / "tuned.sh", "drill", stored, self.template, self.folder / "t"], self.plain)
        show = self.box.run("show", "shop", "--json", timeout=600).json()
        equal = sum(c["rung"] == "volume" and c["result"] == "pass" and c["expected"] == c["actual"] == "3" for c in show["checks"])
        if show["verdict"] != "pass" or equal != self.tables:
            sys.exit(f"{self.tables} tables: {show['verdict']} {show['reason']}: {equal} tables equal")
        phases = {p["name"]: p["seconds"] for p in show["phases"]}
        self.row("pg_dump alone", dump["seconds"])
        self.row("pg_restore alone", int(restore["out"]) / 1000)
        self.row("pull", pull["seconds"], peak_kib=pull["peak_kib"])
        self.row("survey and manifest", pull["seconds"] - dump["seconds"])
        self.row("drill", drill["seconds"], peak_kib=drill["peak_kib"])
        for name, seconds in phases.items():
            self.row(f"rung {name}", seconds)
        self.row("comparing", sum(phases[name] for name in COMPARING))

    def measure(self, runs):
        for i in range(runs):
            print(f"{self.tables} tables: run {i + 1} of {runs}", flush=True)
            self.once()
        self.source.stop()
        shutil.rmtree(self.source.data)


def seconds_of(tables, what):
    return statistics.median(row["seconds"] for row in ROWS if (row["tables"], row["what"]) == (tables, what))


def growth(few, many, what):
    """What is too short to be timed in the small database counts as what can just be."""
    return seconds_of(many, what) / max(seconds_of(few, what), LEAST * few / many) / (many / few)


def print_table(few, many):
    print(f"\n{'seconds':24}{few:>10}{many:>10}{'growth':>10}")
    for what in dict.fromkeys(row["what"] for row in ROWS):
        print(f"{what:24}{seconds_of(few, what):10.2f}{seconds_of(many, what):10.2f}{growth(few, many, what):10.2f}")


def targets(few, many):
    for what in ("survey and manifest", "rung inspect", "rung plan", "rung structure", "comparing", "drill"):
        if seconds_of(many, what) >= LEAST:
            yield f"growth: {what}", growth(few, many, what), GROWTH, ""
    yield f"comparing {many} tables", seconds_of(many, "comparing"), many / 1000, "s"
    yield "comparing, of pg_restore alone", seconds_of(many, "comparing") / seconds_of(many, "pg_restore alone"), 0.50, ""
    yield "drill, of pg_restore alone", seconds_of(many, "drill") / seconds_of(many, "pg_restore alone"), 1.50, ""


def main(size, work):
    began = time.monotonic()
    tempfile.tempdir = "/tmp"  # in memory: some hundred thousand files of a database are not what is measured
    with tap.cleaning():
        for tables, runs in SIZES[size]:
            Many(tables).measure(int(os.environ.get("RUNS") or runs))
    few, many = (tables for tables, _ in SIZES[size])
    print_table(few, many)
    print(f"\nmost memory: {max(row.get('peak_kib', 0) for row in ROWS) / 1024:.0f} MiB")
    for what, value, limit, unit in targets(few, many):
        print(f"{'met   ' if value <= limit else 'MISSED'}  {what:40} {value:8.2f} {unit:4} at most {limit}")
    (work / "rows.json").write_text(json.dumps(ROWS, indent=1))
    print(f"\n{BINARY}, {os.cpu_count()} cores, {time.monotonic() - began:.0f} s; raw rows: build/bench/rows.json")
