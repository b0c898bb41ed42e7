"""The one exception that the command line shows to a person without a traceback."""


class UserError(Exception):
    """What stopped a command, in one sentence that says what to do about it."""
