"""Why a change of the directory is refused."""


class DirectoryError(Exception):
    """A change of what a county has that cannot be."""


class ThingNotFound(DirectoryError):
    """The county has no such community, team, post, officer, department or component."""


class ThingInUse(DirectoryError):
    """Others refer to it: grids of all times, posts, teams, cases."""


class UnknownReference(DirectoryError):
    """It names something that the county does not have; `field` is `community`, `grid` or `owner`."""

    def __init__(self, field: str) -> None:
        super().__init__(f"unknown {field}")
        self.field = field
