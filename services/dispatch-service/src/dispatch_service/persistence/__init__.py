"""Dispatch's own database: cases, and the places and teams they are assigned to."""
