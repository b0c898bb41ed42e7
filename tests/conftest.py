"""What every suite may use: the servers of `stack.py`."""

pytest_plugins = ["stack"]
