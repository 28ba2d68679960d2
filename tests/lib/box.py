"""A box: a configuration, a data folder, and the real binary run on them.

    box = Box()
    box.add(source, drill={"level": "quick"})
    result = box.run("round", "shop")
    equal(result.code, 0)
    drill = box.show("shop")
    expect(drill, "fail", reason="public.orders", checks=[("volume", "public.orders", "fail", "412", "0")])
"""

import calendar
import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

from . import postgres, processes, tap

BINARY = Path(os.environ.get("DRILLBOX") or tap.ROOT / os.environ.get("BUILD", "build/host") / "drillbox")
SANITIZED = "asan" in BINARY.parts

KINDS_OF_SECRET = ("password-file", "token-file", "headers-file", "secret-key-file", "session-token-file")

FAILED_BY_US = ("AddressSanitizer", "runtime error:", "LeakSanitizer")


def _text(value):
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else str(value)


class Result:
    """What a run of the binary gave: code, out, err; json() of its output."""

    def __init__(self, argv, code, out, err, seconds):
        self.argv, self.code, self.out, self.err, self.seconds = argv, code, out, err, seconds
        for sign in FAILED_BY_US:
            if sign in err:
                raise tap.Wrong(f"{self}")

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError:
            raise tap.Wrong(f"this is not JSON: {self}") from None

    def __str__(self):
        return f"`drillbox {' '.join(self.argv)}` -> {self.code}\n{self.out}{self.err}"


# Preparing a cluster takes most of a small drill: the boxes of one run of the suite share what the first one prepared.
PREPARED = Path(f"/tmp/drillbox-templates-{os.getuid()}")


def _link(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _lend_templates(data):
    if PREPARED.exists() and data.exists() and os.access(data, os.W_OK) and not (data / "templates").exists():
        with contextlib.suppress(OSError):
            shutil.copytree(PREPARED, data / "templates", copy_function=_link)


def _keep_templates(data):
    whole = [path for path in data.glob("templates/*") if path.suffix != ".part"] if not PREPARED.exists() else []
    if whole:
        part = Path(tempfile.mkdtemp(prefix="drillbox-templates-", dir="/tmp"))
        shutil.copytree(whole[0], part / whole[0].name, copy_function=_link)
        try:
            part.rename(PREPARED)
        except OSError:  # another program was first
            shutil.rmtree(part)


def _let_time_pass(data):
    """A second has names for four dumps of a source. Ours may come faster: wait until the newest name is hardly ahead."""
    names = [re.search(r"_(\d{8}_\d{6})\.(dump|d|sql(\.gz|\.zst)?)$", path.name) for path in data.glob("store/*/*")]
    newest = max((calendar.timegm(time.strptime(name[1], "%Y%m%d_%H%M%S")) for name in names if name), default=0)
    ahead = newest - time.time()
    if 1 < ahead < 5:
        time.sleep(ahead - 1)


class Box:
    def __init__(self, name="closet", data=None):
        self.dir = tap.folder("box")
        self.etc = self.dir / "etc"
        self.data = Path(data) if data else self.dir / "data"
        self.tmp = self.dir / "tmp"
        for part in (self.etc, self.etc / "sources.d", self.etc / "secrets", self.tmp):
            part.mkdir(mode=0o700)
        self.conf = self.etc / "drillbox.conf"
        self.settings = {"box": {"name": name, "data": self.data}, "panel": {"backend": "none"}}
        self.sources = {}
        self.env = {}
        self._write(self.conf, self.settings)

    # ------------------------------------------------------------ configuration

    @staticmethod
    def _write(path, sections):
        path.write_text("".join(
            f"[{section}]\n" + "".join(f"{key} = {_text(value)}\n" for key, value in keys.items() if value is not None) + "\n"
            for section, keys in sections.items()))

    def set(self, section, **keys):
        """Keys of drillbox.conf ('_' for '-'); None takes one out."""
        self.settings.setdefault(section, {}).update({k.replace("_", "-"): v for k, v in keys.items()})
        self._write(self.conf, self.settings)

    def add(self, source, name="shop", through=None, **sections):
        """Protect a Source, perhaps through a Proxy. Keys of its file: add(s, pull={"format": "directory"})."""
        secret = self.etc / "secrets" / name
        secret.write_text(source.password + "\n")
        secret.chmod(0o600)
        url = source.url if through is None else source.url.replace(f":{source.port}/", f":{through.port}/")
        self.sources[name] = {"source": {
            "type": "postgres", "url": url, "address": "127.0.0.1", "password-file": f"secrets/{name}",
            "ca": source.certificates.ca}}
        self.change(name, **sections)
        return self

    def add_published(self, url, server, name="shop", pull=None, drill=None, **keys):
        """Protect dumps that a server of tests/lib publishes. Keys of [source] with '_' for '-'; what is of a secret's file
        (KINDS_OF_SECRET) is given as what stands in it."""
        section = {"type": "s3" if url.startswith("s3:") else "https", "url": url, "address": "127.0.0.1", "ca": server.certificates.ca}
        if section["type"] == "s3":
            section |= {"endpoint": server.url, "region": "eu-central-1"}
        for key, value in keys.items():
            key = key.replace("_", "-")
            if key in KINDS_OF_SECRET and value is not None:
                secret = self.etc / "secrets" / f"{name}-{key}"
                secret.write_text(f"{value}\n")
                secret.chmod(0o600)
                value = f"secrets/{secret.name}"
            section[key] = value
        self.sources[name] = {"source": section, "pull": dict(pull or {}), "drill": dict(drill or {})}
        self.change(name)
        return self

    def change(self, name="shop", **sections):
        """More keys for a source's file; None takes one out."""
        for section, keys in sections.items():
            self.sources[name].setdefault(section, {}).update(keys)
        self._write(self.source_file(name), self.sources[name])

    def source_file(self, name="shop"):
        return self.etc / "sources.d" / f"{name}.conf"

    def check(self, name, query, expect=None, why=None, source="shop"):
        """A SQL check of the operator's."""
        folder = self.etc / "checks.d" / source
        folder.mkdir(parents=True, exist_ok=True)
        head = "".join(f"-- {word}: {text}\n" for word, text in (("expect", expect), ("why", why)) if text is not None)
        path = folder / f"{name}.sql"
        path.write_text(head + query + "\n")
        return path

    def wrap(self, program, script, version=17):
        """Put a shell script in the place of one of PostgreSQL's programs; $REAL is the real one."""
        folder = self.dir / f"bin-{version}"
        if not folder.exists():
            folder.mkdir()
            for path in postgres.BIN[version].iterdir():
                (folder / path.name).symlink_to(path)
            self.set("postgres", bin=folder)
        path = folder / program
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/bash\nREAL={postgres.BIN[version] / program}\n{script}\n")
        path.chmod(0o755)

    def unwrap(self, program, version=17):
        path = self.dir / f"bin-{version}" / program
        path.unlink()
        path.symlink_to(postgres.BIN[version] / program)

    # ------------------------------------------------------------ running

    def _environment(self, env):
        kept = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS") or k == "PATH"}
        return {**kept, "LANG": "C.UTF-8", "TZ": "UTC", "TMPDIR": str(self.tmp), "HOME": str(self.dir), **self.env, **(env or {})}

    def _argv(self, argv):
        return [str(BINARY), "--config", str(self.conf), *map(str, argv)]

    def start(self, *argv, env=None, through=(), stdin=subprocess.DEVNULL, **options):
        """A run that goes on while the test does something; see finish()."""
        if argv and argv[0] in ("drill", "round"):
            _lend_templates(self.data)
        if argv and argv[0] in ("pull", "round", "import"):
            _let_time_pass(self.data)
        process = processes.start([*through, *self._argv(argv)], "TERM", stdin=stdin, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, errors="replace", env=self._environment(env),
                                  cwd=self.dir, **options)
        process.told, process.since = list(map(str, argv)), time.monotonic()
        tap.at_end(processes.kill, process)
        return process

    def finish(self, process, timeout=120):
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            out, err = process.communicate()
            raise tap.Wrong(f"`drillbox {' '.join(process.told)}` did not end in {timeout} s\n{out}{err}") from None
        _keep_templates(self.data)
        return Result(process.told, process.returncode, out, err, time.monotonic() - process.since)

    def run(self, *argv, code=None, timeout=120, env=None, through=(), **options):
        """Run the binary to its end. 'code', one or several, is what it must exit with."""
        result = self.finish(self.start(*argv, env=env, through=through, **options), timeout)
        if code is not None and result.code not in (code if isinstance(code, (tuple, list)) else (code,)):
            raise tap.Wrong(f"expected exit code {code}: {result}")
        return result

    def json(self, *argv, code=0, **options):
        return self.run(*argv, "--json", code=code, **options).json()

    def show(self, what=None):
        """The newest drill (of a source), or that drill, as `show --json` tells it."""
        return self.json("show", *([what] if what is not None else []))

    # ------------------------------------------------------------ what is on its disk

    def files(self, source="shop"):
        """Everything in a source's store, as sorted names."""
        folder = self.data / "store" / source
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def dumps(self, source="shop"):
        """Paths of what stands as a dump, oldest first."""
        folder = self.data / "store" / source
        return [folder / name for name in self.files(source) if re.fullmatch(r".*_\d{8}_\d{6}\.(dump|d|sql(\.gz|\.zst)?)", name)]

    def name_of(self, path):
        return f"{path.parent.name}/{path.name.split('.', 1)[0]}"

    def ledger(self, query, *values):
        """Rows of the ledger, by name."""
        with sqlite3.connect(f"file:{self.data}/ledger/ledger.sqlite?mode=ro", uri=True) as db:
            db.row_factory = sqlite3.Row
            rows = [dict(row) for row in db.execute(query, values)]
        db.close()
        return rows

    def no_leftovers(self):
        """No process, nothing in scratch, nothing half-done in the store, no temporary file."""
        processes.no_strays()
        scratch = self.data / "scratch"
        left = [str(p) for p in scratch.rglob("*")] if scratch.exists() else []
        left += [str(p) for p in self.data.rglob("*.part")] + [str(p) for p in self.tmp.rglob("*")]
        tap.equal(left, [], "left behind")

    def copy(self):
        """Another box with the same files: what a power cut would have left, to look at twice."""
        other = Box.__new__(Box)
        other.__dict__.update(self.__dict__, dir=tap.folder("box"))
        shutil.copytree(self.dir, other.dir, dirs_exist_ok=True, symlinks=True)
        for part in ("etc", "tmp"):
            setattr(other, part, other.dir / part)
        other.conf = other.etc / "drillbox.conf"
        other.data = other.dir / "data"
        other.settings = {**self.settings, "box": {**self.settings["box"], "data": other.data}}
        other._write(other.conf, other.settings)
        return other


# ---------------------------------------------------------------- what a drill must have found

def described(drill):
    lines = [f"{drill['verdict']}: {drill['reason']!r}"]
    lines += ["  {rung:10} {name:30} {result:10} {expected!r} {actual!r} {detail}".format(**c)
              for c in drill["checks"] if c["result"] != "pass"]
    return "\n".join(lines + [f"  note {note}" for note in drill["notes"]])


def expect(drill, verdict, reason=None, checks=(), only=False, notes=()):
    """The verdict and its cause. 'reason' and each note are patterns; a check is (rung, name, result[, expected[, actual[, detail
    pattern]]]), None standing for anything. 'only': nothing but these checks is other than pass or skip."""
    told = described(drill)
    if drill["verdict"] != verdict:
        raise tap.Wrong(f"expected the verdict {verdict}, got {told}")
    if verdict == "pass":
        tap.equal(drill["reason"], "", "reason")
    if reason is not None:
        tap.matches(reason, drill["reason"], "reason")
    for wanted in checks:
        if not any(_fits(check, wanted) for check in drill["checks"]):
            raise tap.Wrong(f"expected the check {wanted}, got {told}")
    if only:
        for check in drill["checks"]:
            if check["result"] in ("fail", "undecided") and not any(_fits(check, wanted) for wanted in checks):
                raise tap.Wrong(f"did not expect ({check['rung']}, {check['name']}, {check['result']}), got {told}")
    for note in notes:
        if not any(re.search(note, line, re.IGNORECASE) for line in drill["notes"]):
            raise tap.Wrong(f"expected a note like {note!r}, got {told}")


def _fits(check, wanted):
    fields = ("rung", "name", "result", "expected", "actual")
    if any(want is not None and check[field] != want for field, want in zip(fields, wanted)):
        return False
    return len(wanted) < 6 or re.search(wanted[5], check["detail"], re.IGNORECASE) is not None
