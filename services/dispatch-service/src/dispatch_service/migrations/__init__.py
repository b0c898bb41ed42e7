"""Dispatch's schema, step by step."""
