"""What intake does: one use case a module."""
