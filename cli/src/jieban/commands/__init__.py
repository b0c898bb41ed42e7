"""The commands of `jieban`."""
