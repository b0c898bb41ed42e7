"""Delivery: what a transaction wrote to the outbox reaches every consumer's database exactly once, in order per key."""
