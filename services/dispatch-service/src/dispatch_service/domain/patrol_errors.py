"""Why something about patrols is refused."""

from dispatch_service.domain.patrol import PatrolState


class PatrolError(Exception):
    """Something about plans, patrols or suggestions that cannot be done as asked."""


class Flawed(PatrolError):
    """A part of what is given cannot be: a JSON pointer to it, a code, and values for its text."""

    def __init__(self, pointer: str, code: str, **params: object) -> None:
        super().__init__(f"{code} at {pointer or 'the body'}")
        self.pointer = pointer
        self.code = code
        self.params = params

    def within(self, part: str) -> "Flawed":
        """Return it as said of a part of a larger body."""
        return Flawed(f"{part}{self.pointer}", self.code, **self.params)


class PlanNotFound(PatrolError):
    """No plan with this id in the caller's tenant."""


class PlanEnded(PatrolError):
    """The plan has been ended; it makes no patrols any more."""


class PatrolNotFound(PatrolError):
    """No patrol with this id in the caller's tenant."""


class PatrolConflict(PatrolError):
    """The patrol's present state does not allow it."""

    def __init__(self, state: PatrolState, version: int) -> None:
        super().__init__(f"the patrol is {state}")
        self.state = state
        self.version = version


class NotYourPatrol(PatrolError):
    """The patrol is another team's, or names officers and the caller is none of them."""


class IdReused(PatrolError):
    """The id that the client made was used for something else."""


class TooManyVisits(PatrolError):
    """The patrol has as many visits as one may have."""


class SuggestionNotFound(PatrolError):
    """No suggestion with this id in the caller's tenant."""


class SuggestionSettled(PatrolError):
    """The suggestion was accepted or dismissed, or its hot spot has ended."""
