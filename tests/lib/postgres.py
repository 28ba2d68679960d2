"""Sources: real throwaway PostgreSQL servers with TLS and SCRAM on 127.0.0.1, as production would have them.

    source = Source(load="shop")            # its database is 'shop'
    source.sql("DELETE FROM sales.payment")
    box.add(source)                         # tests/lib/box.py

A prepared cluster for each version and content is made once in a run of the suite and copied for each source.
"""

import fcntl
import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

from . import processes, tap, tls

DATA = tap.ROOT / "tests" / "data"
BIN = {17: Path("/usr/lib/postgresql/17/bin"), 15: Path("/opt/postgresql-15/bin")}
PASSWORD = "it's a \"pass:word\\"  # every sign that a careless program would trip over
# What the README tells people to make on their server.
DUMP_ROLE = f"""
CREATE ROLE drillbox LOGIN BYPASSRLS PASSWORD '{PASSWORD.replace("'", "''")}';
GRANT pg_read_all_data TO drillbox;
"""
# pg_read_all_data does not cover them.
LARGE_OBJECTS = """
DO $$
DECLARE object oid;
BEGIN
    FOR object IN SELECT oid FROM pg_largeobject_metadata LOOP
        EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO drillbox', object);
    END LOOP;
END $$;
"""

SETTINGS = {
    "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "40",
    "shared_buffers": "64MB", "log_min_messages": "warning", "log_line_prefix": "'%m [%p] %a '", "jit": "off",
    "max_wal_size": "4GB", "password_encryption": "scram-sha-256", "autovacuum_naptime": "1h",
}
HBA = """
local   all all                trust
hostssl all all 127.0.0.1/32   scram-sha-256
"""


class SqlError(Exception):
    """What psql said."""


def free_port():
    """A port of 127.0.0.1 that nobody listens on, below those that the kernel gives to clients."""
    while True:
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def psql(bindir, socket_dir, port, database, text, user="postgres", variables=()):
    """Run SQL over a socket and return what it printed, unaligned, without the last newline."""
    argv = [bindir / "psql", "-XAqt", "-v", "ON_ERROR_STOP=1", "-h", socket_dir, "-p", port, "-U", user, "-d", database]
    for variable in variables:
        argv += ["-v", variable]
    done = subprocess.run([*map(str, argv), "-f", "-"], input=text, capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PGCLIENTENCODING": "UTF8"})
    if done.returncode:
        raise SqlError(done.stderr)
    return done.stdout.rstrip("\n")


class Server:
    """One PostgreSQL server over a cluster that exists; Source is what tests use."""

    def __init__(self, data, version=17):
        self.data, self.version, self.bin = Path(data), version, BIN[version]
        self.sockets = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's path has 107 bytes
        tap.at_exit(shutil.rmtree, self.sockets, ignore_errors=True)
        self.log = self.data.with_name(self.data.name + ".log")
        self.port = free_port()
        self.env = {"PATH": "/usr/bin", "LANG": "C.UTF-8"}
        self.process = None

    def start(self):
        for _ in range(5):
            if self._start():
                return self
            self.port = free_port()
        raise RuntimeError(f"PostgreSQL does not start:\n{self.log.read_text()}")

    def _start(self):
        ready = self.data / "postmaster.pid"
        stale = ready.read_text() if ready.exists() else ""  # of one that was killed
        with open(self.log, "ab") as log:
            # QUIT is its immediate shutdown: no checkpoint, no child left.
            self.process = processes.serve(
                [self.bin / "postgres", "-D", self.data, "-p", self.port, "-k", self.sockets], "QUIT",
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env)
        tap.at_exit(self.stop)
        processes.wait_for(lambda: self.process.poll() is not None or
                           ready.exists() and "ready" in ready.read_text() != stale, 60, saying="PostgreSQL did not start")
        return self.process.poll() is None

    def stop(self, how=signal.SIGQUIT):
        if self.process:
            processes.kill(self.process, how, wait=30)
            self.process = None

    def kill(self):
        """As a power cut would."""
        self.stop(signal.SIGKILL)

    def reload(self):
        self.sql("SELECT pg_reload_conf()", "postgres")

    def sql(self, text, database="postgres", user="postgres", variables=()):
        return psql(self.bin, self.sockets, self.port, database, text, user, variables)


def _cache():
    """Shared by the programs of one run of the suite (its /tmp is private to it)."""
    path = Path(f"/tmp/drillbox-clusters-{os.getuid()}")
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def initdb(path, version=17, locale="en_US.UTF-8", *options):
    subprocess.run([BIN[version] / "initdb", "-D", path, "-U", "postgres", "-A", "trust", "--no-sync", "--no-instructions",
                    f"--locale={locale}", "--encoding=UTF8", *options], check=True, stdout=subprocess.DEVNULL)
    with open(path / "postgresql.auto.conf", "a") as conf:
        conf.writelines(f"{key} = {value}\n" for key, value in SETTINGS.items())


def _prepared(version, locale, load, variables):
    """A stopped cluster with the dump role, and the database 'load' from tests/data/LOAD.sql; made once."""
    script = (DATA / f"{load}.sql").read_text() if load else ""
    key = hashlib.sha256(repr((version, locale, load, script, variables, DUMP_ROLE, LARGE_OBJECTS, SETTINGS)).encode()).hexdigest()[:16]
    final = _cache() / f"{load or 'empty'}-{version}-{key}"
    with open(f"{final}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not final.exists():
            part = Path(f"{final}.part")
            shutil.rmtree(part, ignore_errors=True)
            initdb(part, version, locale)
            server = Server(part, version).start()
            server.sql(DUMP_ROLE)
            if load:
                server.sql(f"CREATE DATABASE {load}")
                server.sql(script + LARGE_OBJECTS, load, variables=variables)
            server.stop(signal.SIGINT)
            part.rename(final)
    return final


class Source(Server):
    """A server as production would run it, with one database to protect.

    'load' names a script of tests/data, and the database; without it the database is empty and is called 'database'.
    'fresh' makes a cluster of its own, with a system identifier of its own.
    """

    def __init__(self, load=None, database=None, version=17, locale="en_US.UTF-8", fresh=False, variables=(),
                 certificates=None, settings=None, hba=HBA, start=True):
        if version not in BIN or not BIN[version].exists():
            tap.skip(f"there is no PostgreSQL {version} here")
        self.database = database or load or "app"
        super().__init__(tap.folder("source") / "data", version)
        if fresh:
            initdb(self.data, version, locale)
        else:
            shutil.copytree(_prepared(version, locale, load, tuple(variables)), self.data)
        self.certificates = certificates or tls.authority()
        self.host, self.password = tls.HOST, PASSWORD
        self.use_certificate(*self.certificates.server())
        self.configure(**(settings or {}))
        self.set_hba(hba)
        if start:
            self.start()
            if fresh:
                self.sql(DUMP_ROLE, "postgres")
            if not load or fresh:
                self.sql('CREATE DATABASE "{}"'.format(self.database.replace('"', '""')), "postgres")
            if load and fresh:
                self.sql((DATA / f"{load}.sql").read_text() + LARGE_OBJECTS, variables=variables)

    @property
    def url(self):
        return f"postgresql://drillbox@{self.host}:{self.port}/{quote(self.database, safe='')}"

    def sql(self, text, database=None, user="postgres", variables=()):
        return super().sql(text, database or self.database, user, variables)

    def rows(self, text):
        """The lines of a query's answer, as lists."""
        answer = self.sql(text)
        return [line.split("|") for line in answer.split("\n")] if answer else []

    def session(self, user="postgres"):
        return Session(self, user)

    def configure(self, **settings):
        with open(self.data / "postgresql.auto.conf", "a") as conf:
            conf.writelines(f"{key} = '{value}'\n" for key, value in settings.items())

    def set_hba(self, text):
        (self.data / "pg_hba.conf").write_text(text)

    def use_certificate(self, cert, key, client_ca=None):
        self.configure(ssl="on", ssl_cert_file=cert, ssl_key_file=key, listen_addresses="127.0.0.1",
                       ssl_ca_file=client_ca or "")

    def restart(self):
        self.stop(signal.SIGINT)
        return self.start()


class Session:
    """A connection that stays, for what has to be held open: transactions, locks."""

    def __init__(self, server, user="postgres"):
        self.psql = processes.serve(
            [server.bin / "psql", "-XAqt", "-h", server.sockets, "-p", server.port, "-U", user, "-d", server.database],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        tap.at_end(self.close)

    def sql(self, text):
        """Run it and wait for its end; errors come back in the text."""
        self.psql.stdin.write(f"{text}\n;\n\\echo end-of-answer\n")
        self.psql.stdin.flush()
        lines = []
        while (line := self.psql.stdout.readline()) != "end-of-answer\n":
            if not line:
                raise SqlError("the session ended:\n" + "".join(lines))
            lines.append(line)
        return "".join(lines).rstrip("\n")

    def close(self):
        if self.psql.poll() is None:
            self.psql.stdin.close()
            processes.kill(self.psql, signal.SIGTERM)
