"""Events of intake that end a complaint with an advice, correct what is known of it, or erase it."""

from typing import Literal
from uuid import UUID

from contracts.payload import Payload, Place


class Advice(Payload):
    """What a reporter should do instead: whom to call, which department to turn to."""

    zh: str
    en: str | None = None


class ComplaintRejected(Payload):
    """不予受理: nothing that the platform's units deal with."""

    actor: str
    code: str
    """Why, as one of intake's reasons: `out_of_scope`, `spam` and so on."""
    reason: str | None = None
    """A note for staff."""
    advice: Advice
    """For the reporter to read."""
    template: str | None = None
    """Code of the template that the advice was made of."""


class ComplaintReclassified(Payload):
    """Somebody has found that it belongs to another category: a correction, no step of the way."""

    actor: str
    category: str
    former: str | None = None
    """The category that it had; None where it had none."""
    suggested: str | None = None
    """What the model had made of it."""
    reason: str


class ComplaintCleared(Payload):
    """甄别放行: intake has held it as suspected, and does so no longer: it goes to the unit that answers for it."""

    actor: str
    """Who has looked at it; `rule` where nobody has in time."""
    outside_area: bool | None = None
    """True outside the area of the tenant."""


class PhotosChecked(Payload):
    """照片核对: photos that the bureau names in its work on the complaint are not there, or have come meanwhile."""

    unknown: tuple[UUID, ...]
    """All that were named, in whichever event, and that intake does not have at this moment."""


class ComplaintMerged(Payload):
    """并案: it tells of the same matter as another complaint, which is worked on for both."""

    actor: str
    into: UUID
    reason: str | None = None


class ComplaintUnmerged(Payload):
    """取消并案: it is a matter of its own again, to be worked on."""

    actor: str
    """An operator; `rule` where its master has ended without being handled."""
    master: UUID
    """What it was merged into."""
    reason: str | None = None


class ComplaintLocated(Payload):
    """Where a complaint is has been found out, or was corrected."""

    actor: str
    location: Place
    """With coordinates."""
    outside_area: bool | None = None
    """True outside the area of the tenant."""
    grid: str | None = None
    """That covers it, by the county's map at that moment; None where none does."""
    community: str | None = None


ErasureGround = Literal["request", "retention", "other"]
"""The person has asked for it; the time for keeping is over; or what the reason says."""


class ComplaintErased(Payload):
    """What says who a person is has been erased from a complaint; whoever holds some of it erases it as well."""

    actor: str
    """A supervisor or administrator; `rule` where nobody had to decide."""
    ground: ErasureGround
    reason: str | None = None
    texts: bool
    """Whether everything that was written goes too, since it may name people; else only what the reporter gave."""
