"""Programs that measure Jieban against ceilings of the same run, and print ratios."""
