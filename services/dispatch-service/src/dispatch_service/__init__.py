"""Dispatch 派遣、处置: routes complaints to the units that answer for them, and follows the work."""
