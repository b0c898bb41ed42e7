"""The ledger's database."""
