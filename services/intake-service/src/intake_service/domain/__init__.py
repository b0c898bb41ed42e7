"""Complaints, sources, categories and places, as plain Python."""
