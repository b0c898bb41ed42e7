#!/bin/sh
# Makes the secrets that docker-compose.yml refers to. Existing ones are kept.
set -eu
umask 077
directory=$(dirname "$0")/secrets
mkdir -p "$directory"
cd "$directory"

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "$1" ] || printf '%s' "$2" > "$1"; }

keep postgres_password "$(random)"
keep token_secret "$(random)"
keep ledger_signing_secret "$(random)"
for service in intake dispatch ledger; do
    keep "${service}_password" "$(random)"
    keep "${service}_database_url" "postgresql://$service:$(cat "${service}_password")@postgres:5432/$service"
done
keep ledger_owner_password "$(random)"
keep ledger_migration_database_url "postgresql://ledger_owner:$(cat ledger_owner_password)@postgres:5432/ledger"
# The containers run as users of their own and must read the mounted files; the folder keeps everybody else out.
chmod 644 ./*
echo "Secrets are in $(pwd)"
