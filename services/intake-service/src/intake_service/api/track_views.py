"""What a reporter sees of a complaint, in their language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.lifecycle import Status
from intake_service.api.reporter_schemas import (
    ActionView,
    LightView,
    MasterTrack,
    OpenQuestion,
    Outcome,
    Promised,
    PublicPhoto,
    TimelineStep,
    Track,
)
from intake_service.api.reporter_texts import DOINGS, HANDLED_TOGETHER, HANDLING_MODES, LIGHTS, STANDS
from intake_service.api.views import progress_of, status_label
from intake_service.domain.standing import Doing, Standing
from intake_service.domain.step_texts import BETWEEN_REPORTER_AND_BUREAU, in_order, kind_of, text_of
from intake_service.service.references import Naming
from runtime.problems.language import Language

_ENDS = {"supplement": "supplements", "answer": "questions/{question}/answer", "withdraw": "withdrawal"}


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom a complaint is shown."""

    language: Language
    zone: ZoneInfo
    has_token: bool
    """Otherwise they have the query code."""
    names: Mapping[int | None, Naming]
    """What categories are called, by version of the configuration."""

    def say(self, words: tuple[str, str]) -> str:
        """Return the words in the viewer's language."""
        return words[self.language == "en"]


@dataclass(frozen=True, slots=True)
class Told:
    """A complaint, the question that waits for its reporter's answer, and its public photos."""

    row: Any
    question: Any | None
    photos: Sequence[Any]

    def standing(self) -> Standing:
        """Return how it stands."""
        return Standing(
            Status(self.row.status),
            self.row.work or {},
            self.row.progress,
            None if self.question is None else self.question.asked_at,
            self.row.release_state == "requested",
            self.row.erased_at is not None,
        )


def track_view(told: Told, viewer: Viewer, now: datetime, *, master: Told | None) -> Track:
    """Return what the reporter of a complaint sees; `master` is what it was merged into, if it was."""
    row, question, standing = told.row, told.question, told.standing()
    category = viewer.names[row.configuration].category(row.category)
    return Track(
        id=row.id,
        number=row.number,
        status=row.status,
        status_label=status_label(row.status, viewer.language),
        category=row.category,
        category_label=None if category is None else viewer.say(category),
        unit=row.unit,
        department=standing.department(),
        received_at=row.received_at,
        updated_at=row.updated_at,
        promised=_promised(standing),
        light=_light(standing, viewer, now),
        question=OpenQuestion.model_validate(question, from_attributes=True) if question is not None else None,
        outcome=_outcome(standing, viewer),
        photos=[_photo(row, photo, viewer) for photo in told.photos],
        actions=[
            ActionView(action=doing, label=viewer.say(DOINGS[doing]), path=_path(row, doing, viewer))
            for doing in standing.possible()
        ],
        master=None if master is None else _master(row, master, viewer, now),
        progress=progress_of(row),
        timeline=_timeline(row, viewer),
    )


def _master(member: Any, told: Told, viewer: Viewer, now: datetime) -> MasterTrack:
    """Return what the reporter of `member` sees of what it was merged into, which somebody else has reported."""
    row, standing = told.row, told.standing()
    return MasterTrack(
        notice=viewer.say(HANDLED_TOGETHER),
        status=row.status,
        status_label=status_label(row.status, viewer.language),
        unit=row.unit,
        department=standing.department(),
        updated_at=row.updated_at,
        promised=_promised(standing),
        light=_light(standing, viewer, now),
        outcome=_outcome(standing, viewer),
        photos=[_photo(member, photo, viewer) for photo in told.photos if photo.of_bureau],
        progress=progress_of(row),
        timeline=[step for step in _timeline(row, viewer) if step.kind not in BETWEEN_REPORTER_AND_BUREAU],
    )


def _promised(standing: Standing) -> Promised:
    return Promised(
        accept_by=standing.promised("accept_by"),
        on_site_by=standing.promised("on_site_by"),
        resolve_by=standing.promised("promised_at"),
    )


def _light(standing: Standing, viewer: Viewer, now: datetime) -> LightView | None:
    code = standing.light(now)
    if code is None:
        return None
    stands = standing.waiting_since is not None or standing.status is Status.SUSPENDED
    return LightView(code=code, stands=stands, text=viewer.say(LIGHTS[code]) + (viewer.say(STANDS) if stands else ""))


def _outcome(standing: Standing, viewer: Viewer) -> Outcome | None:
    step = standing.outcome()
    if step is None:
        return None
    mode = step.get("handling_mode")
    return Outcome(
        handling_mode=mode,
        label=viewer.say(HANDLING_MODES[mode]) if mode else None,
        result=step.get("result"),
        at=step["at"],
    )


def _photo(row: Any, photo: Any, viewer: Viewer) -> PublicPhoto:
    path = f"/intake/v1/attachments/{photo.id}" if viewer.has_token else f"{_track(row)}/photos/{photo.id}"
    return PublicPhoto(
        id=photo.id, role=photo.role, uploaded_at=photo.created_at, path=path, thumbnail=f"{path}/thumbnail"
    )


def _path(row: Any, doing: Doing, viewer: Viewer) -> str:
    """Return where it is done."""
    if doing == "give_feedback":
        return f"/ledger/v1/complaints/{row.id}/feedback" if viewer.has_token else "/ledger/v1/feedback"
    base = f"/intake/v1/complaints/{row.id}" if viewer.has_token else _track(row)
    return f"{base}/{_ENDS[doing].format(question=row.question)}"


def _track(row: Any) -> str:
    return f"/intake/v1/track/{row.number}"


def _timeline(row: Any, viewer: Viewer) -> list[TimelineStep]:
    status = "received"
    lines = []
    for step in ({"kind": "received", "at": row.received_at.isoformat()}, *in_order(row.progress)):
        status = step.get("status", status)
        lines.append(
            TimelineStep(
                kind=kind_of(step),
                status=status,
                at=step["at"],
                text=text_of(step, viewer.language, viewer.zone),
                promised_at=step.get("promised_at"),
            )
        )
    return lines
