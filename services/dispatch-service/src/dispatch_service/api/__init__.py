"""Dispatch over REST: `/dispatch/v1`."""
