"""What the ledger does, one use case a file, in the caller's transaction."""
