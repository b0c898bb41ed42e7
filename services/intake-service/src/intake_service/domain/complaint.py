"""What a complaint is to intake."""

import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.coordinates import Crs
from contracts.events import RequestKind, SelfHandled
from contracts.roles import Role
from intake_service.domain.origin import NOTHING, Origin

_CODE_ALPHABET = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 letters, none that looks like another (no 0, O, 1, I)
_FROM_BYTE = bytes(_CODE_ALPHABET[byte % 32] for byte in range(256))
QUERY_CODE_LENGTH = 12
"""32 letters to the power of 12 are 60 bits: not to be guessed over the network."""
OWNERS = (Role.CITIZEN, Role.PARTNER)
"""Who report for themselves, and may follow what they have reported."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where: WGS84 degrees with what was given beside it, or an address alone."""

    lon: float | None = None
    lat: float | None = None
    address: str | None = None
    given_lon: float | None = None
    given_lat: float | None = None
    given_crs: Crs | None = None


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who says so. Personal data: stays in intake."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    anonymous: bool = False
    confidential: bool = False
    """They wish to be known to as few as possible."""

    @property
    def known(self) -> bool:
        """Whether there is anything to keep."""
        return bool(self.name or self.phone or self.email)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why somebody should look at a complaint: the rule that says so, as it was then."""

    rule: str
    reason: str
    action: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Flagged:
    """A complaint that goes into triage as it comes in."""

    suspicions: tuple[Suspicion, ...]
    rules_version: int
    goes_on_at: datetime | None
    """Until when it is held at most; None: work goes on meanwhile."""

    def stored(self) -> dict[str, object]:
        """Return it fit for JSON."""
        return {
            "reasons": [asdict(each) for each in self.suspicions],
            "version": self.rules_version,
            "goes_on_at": self.goes_on_at,
        }


@dataclass(frozen=True, slots=True)
class NewComplaint:
    """A complaint about to be accepted."""

    id: UUID
    tenant: str
    number: str
    query_code: str
    source: str
    proactive: bool
    category: str | None
    description: str
    location: Location
    reporter: Reporter
    created_by: str
    """Subject of the caller; for a citizen, the owner."""
    owner: str | None
    """Subject of the reporter who may follow, withdraw and rate it; None for reports of staff."""
    occurred_at: datetime | None
    received_at: datetime
    external_ref: str | None
    configuration: int
    """The version that it is filed under."""
    attributes: dict[str, object] = field(default_factory=dict)
    suggested_category: str | None = None
    """What the model made of the description, where no category was given."""
    suggested_confidence: float | None = None
    attachments: tuple[UUID, ...] = ()
    needs_photo: bool = False
    """One of them at least has to be an image."""
    self_handled: SelfHandled | None = None
    """What was done about it before it was reported."""
    kind: RequestKind = "complaint"
    origin: Origin = NOTHING
    outside_area: bool = False
    """Of its tenant."""
    device: bytes | None = None
    """What stands for the device that it was reported from."""
    flagged: Flagged | None = None

    @property
    def is_confidential(self) -> bool:
        """Whether its reporter is shown to supervisors alone: at their wish, and always of a report on others 举报."""
        return self.reporter.confidential or self.kind == "report"


def new_query_code() -> str:
    """Return an unguessable code that lets its holder follow one complaint."""
    return secrets.token_bytes(QUERY_CODE_LENGTH).translate(_FROM_BYTE).decode()
