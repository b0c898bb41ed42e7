"""`python -m jieban` is the command `jieban`."""

from jieban.main import app

app()
