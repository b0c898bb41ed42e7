#!/bin/sh
# One database and one login for each service: none can read another's.
set -eu
for service in intake dispatch ledger; do
    password=$(cat "/run/secrets/${service}_password")
    psql -v ON_ERROR_STOP=1 -v name="$service" -v password="$password" --username "$POSTGRES_USER" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
done
