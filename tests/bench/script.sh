#!/bin/bash
# The script a careful user would write instead of drillbox: dump over TLS, restore into a fresh server, count the rows.
#     script.sh pull DUMP          with PGHOST, PGHOSTADDR, PGPORT, PGUSER, PGDATABASE, PGPASSFILE, PGSSLROOTCERT set
#     script.sh fetch DUMP URL CA  the same of a dump on a web server, at 127.0.0.1 whatever its name
#     script.sh drill DUMP FOLDER  prints "table|rows" lines
set -euo pipefail
bin=/usr/lib/postgresql/17/bin

case $1 in
pull)
    PGSSLMODE=verify-full "$bin/pg_dump" -Fc -f "$2"
    sha256sum "$2" >"$2.sha256"
    ;;
fetch)
    curl --silent --show-error --fail --cacert "$4" --connect-to "::127.0.0.1:" -o "$2" "$3"
    sha256sum "$2" >"$2.sha256"
    ;;
drill)
    sha256sum --quiet -c "$2.sha256"
    data=$3/data
    mkdir -p "$3"
    "$bin/initdb" -D "$data" -U postgres -A trust --no-instructions >/dev/null
    "$bin/pg_ctl" -D "$data" -w -s -o "-c listen_addresses= -k $3" -l "$3/log" start
    trap '"$bin/pg_ctl" -D "$data" -w -s -m fast stop; rm -rf "$3"' EXIT
    "$bin/createdb" -h "$3" -U postgres restored
    "$bin/pg_restore" -h "$3" -U postgres -d restored --no-owner --no-privileges "$2"
    "$bin/psql" -XAqt -h "$3" -U postgres -d restored -c "
        SELECT format('SELECT %L, count(*) FROM %s;', oid::regclass, oid::regclass)
        FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1" |
        "$bin/psql" -XAqt -v ON_ERROR_STOP=1 -h "$3" -U postgres -d restored -f -
    ;;
esac
