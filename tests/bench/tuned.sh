#!/bin/bash
# The hand-tuned limit: the settings drillbox uses, a cluster prepared beforehand, pg_restore -j, and nothing else: no
# sandbox, no digest, no check, in the locale of LANG. What a drill costs above this is drillbox's own.
#     tuned.sh prepare TEMPLATE
#     tuned.sh drill DUMP TEMPLATE FOLDER   prints the milliseconds of pg_restore alone
set -euo pipefail
bin=/usr/lib/postgresql/17/bin

case $1 in
prepare)
    "$bin/initdb" -D "$2" -U postgres -A trust --no-sync --no-instructions --wal-segsize=1 --data-checksums \
        --locale=C --encoding=UTF8 >/dev/null
    ;;
drill)
    folder=$4
    workers=$(($(getconf _NPROCESSORS_ONLN) - 1))
    [ "$workers" -le 8 ] || workers=8
    mkdir -p "$folder"
    cp -a "$3" "$folder/data"
    "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off -c full_page_writes=off \
        -c synchronous_commit=off -c autovacuum=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=8GB \
        -c checkpoint_timeout=1h -c shared_buffers=128MB -c maintenance_work_mem=64MB \
        -c max_parallel_workers="$workers" -c jit=off >"$folder/log" 2>&1 &
    server=$!
    trap 'kill -QUIT "$server"; wait "$server" || true; rm -rf "$folder"' EXIT
    psql=("$bin/psql" -XAqt -h "$folder" -U postgres -d postgres -c)
    until "${psql[@]}" "SELECT 1" >/dev/null 2>&1; do
        sleep 0.01
    done
    "${psql[@]}" "CREATE DATABASE restored TEMPLATE template0 LOCALE '$LANG'"
    began=$(date +%s%N)
    "$bin/pg_restore" -h "$folder" -U postgres -d restored --no-owner --no-privileges -j "$(nproc)" "$2"
    echo "$((($(date +%s%N) - began) / 1000000))"
    ;;
esac
