"""The one exception that the command line shows to a person without a traceback."""


class UserError(Exception):
    """What stopped a command, in one sentence that says what to do about it; `code` is what the command ends with."""

    def __init__(self, message: str, *, code: int = 1) -> None:
        super().__init__(message)
        self.code = code
