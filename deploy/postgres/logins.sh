#!/bin/sh
# Makes what is missing of one database and one login for each service: none can read another's. The ledger has two
# logins, of which the one that the service uses does not own the tables; where it does, as an earlier version made
# it, the owner takes them over. Nothing happens where all of that is so.
set -eu

secret() { cat "${SECRETS:-/run/secrets}/$1"; }
sql() { psql --no-psqlrc --quiet --username postgres -v ON_ERROR_STOP=1 "$@"; }

PGPASSWORD=$(secret postgres_password)
export PGPASSWORD

login() { # NAME
    sql -v name="$1" -v password="$(secret "$1_password")" <<'SQL'
SELECT format('CREATE ROLE %I LOGIN', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" PASSWORD :'password';
SQL
}

database() { # NAME OWNER
    sql -v name="$1" -v owner="$2" <<'SQL'
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}

for service in intake dispatch; do
    login "$service"
    database "$service" "$service"
done
login ledger
login ledger_owner
database ledger ledger_owner
sql --dbname ledger <<'SQL'
SELECT pg_get_userbyid(datdba) = 'ledger' AS owns FROM pg_database WHERE datname = current_database() \gset
\if :owns
BEGIN;
SET LOCAL lock_timeout = '5s';
REASSIGN OWNED BY ledger TO ledger_owner;
GRANT CONNECT ON DATABASE ledger TO ledger;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ledger;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ledger;
COMMIT;
\endif
SQL
