"""What the ledger takes from the other services."""
