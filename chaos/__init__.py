"""Proof by chaos: a whole Jieban under load, faults by schedule, and a checker that counts what came of it."""
