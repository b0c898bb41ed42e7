"""Whether what was published has arrived, and whether the parts are well: what `jieban doctor` finds out."""
