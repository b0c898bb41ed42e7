"""A seeded load of whole lives, on all replicas, with repeats, broken connections and races."""

from chaos.load.load import Load
from chaos.load.stats import Stats, WrongAnswer

__all__ = ["Load", "Stats", "WrongAnswer"]
