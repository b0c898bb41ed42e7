"""`jieban simulate`: asks dispatch, reads proposals, simulates, and shows what comes of it."""
