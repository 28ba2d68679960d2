"""Dumps for servers to publish, made by the real pg_dump.

    dump = dumps.made(source)                     # as anybody's script makes it: no manifest
    released = dumps.released(source)             # as drillbox makes it: dump, manifest and .sha256
    dumps.offer(web.root / "shop", released, age=60)
"""

import hashlib
import json
import os
import subprocess
import time
from pathlib import Path

from . import tap
from .box import Box
from .web import publish


def made(source, *options):
    path = tap.folder("dump") / f"{source.database}.dump"
    subprocess.run([source.bin / "pg_dump", "-Fc", "-h", source.sockets, "-p", str(source.port), "-U", "postgres", "-f", path, *options,
                    source.database], check=True, env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"})
    return path


def written(source, name, *options):
    """What pg_dump with these options writes, under this name."""
    path = tap.folder("dump") / name
    subprocess.run([source.bin / "pg_dump", "-h", source.sockets, "-p", str(source.port), "-U", "postgres", "-f", path, *options,
                    source.database], check=True, env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}, stderr=subprocess.DEVNULL)
    return path


def packed(path, program):
    """The same file compressed, beside it."""
    subprocess.run([program, "-k", "-q", path], check=True)
    return path.with_name(path.name + {"gzip": ".gz", "zstd": ".zst"}[program])


def released(source):
    """The dump's path; NAME.sha256 and NAME.json lie beside it."""
    box = Box()
    box.add(source, name=source.database)
    box.run("pull", source.database, code=0)
    return box.dumps(source.database)[-1]


def sha256(content):
    """Of bytes, or of a file."""
    if isinstance(content, Path):
        with open(content, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(content).hexdigest()


def offer(folder, dump, name=None, age=60, digest=True, manifest=True):
    """Put a dump there under its name or another, with what lies beside it. What is beside an other name is made anew."""
    name = name or dump.name
    target = publish(folder / name, dump, age)
    lines = f"{sha256(dump)}  {name}\n"
    beside = dump.with_name(dump.name + ".json")
    if manifest and beside.exists():
        publish(folder / f"{name}.json", beside, age)
        lines += f"{sha256(beside)}  {name}.json\n"
    if digest:
        publish(folder / f"{name}.sha256", lines, age)
    return target


def index(folder, *paths, source="shop", **changed):
    """index.json as `drillbox publish` writes it, of these dumps, newest first; 'changed' is said of each instead."""
    rows = []
    for path in paths:
        manifest = path.with_name(path.name + ".json")
        rows.append({"file": path.name, "bytes": path.stat().st_size, "sha256": sha256(path),
                     "data_as_of": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(path.stat().st_mtime)),
                     **({"manifest_sha256": sha256(manifest)} if manifest.exists() else {}), **changed})
    return publish(folder / "index.json", json.dumps({"schema": 1, "source": source, "dumps": rows}))
