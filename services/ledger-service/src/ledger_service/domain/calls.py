"""Follow-up calls 回访: what a caller reports, and whether it can be so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from contracts.closing_events import FollowUpOutcome, Satisfaction
from ledger_service.domain.closing_rules import Answer, Question

LONGEST_WAIT = timedelta(days=30)
"""Before the next try."""
HOPELESS: frozenset[FollowUpOutcome] = frozenset({"refused", "wrong_number"})
"""After these nobody calls again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a caller reports of one call."""

    actor: str
    outcome: FollowUpOutcome
    satisfaction: Satisfaction | None = None
    solved: bool | None = None
    answers: Mapping[str, Answer] | None = None
    note: str | None = None
    next_at: datetime | None = None
    """When to try again."""

    @property
    def is_reached(self) -> bool:
        """Whether the reporter was on the phone."""
        return self.outcome == "reached"

    @property
    def is_word(self) -> bool:
        """Whether it says what the reporter thinks of the result."""
        return self.satisfaction is not None and self.solved is not None


class CallFlaw(NamedTuple):
    """One thing wrong with a call, as a JSON pointer, and a code."""

    pointer: str
    code: str


class BadCall(Exception):
    """A report of a call that cannot be so."""

    def __init__(self, flaws: Sequence[CallFlaw]) -> None:
        super().__init__(", ".join(f"{flaw.pointer}: {flaw.code}" for flaw in flaws))
        self.flaws = flaws


def check(call: Call, script: Sequence[Question], *, is_gate: bool, is_last: bool, now: datetime) -> None:
    """Raise BadCall unless the report is whole: what was said only where somebody was reached, and by the script."""
    found = [*(_of_contact(call, script, is_gate) if call.is_reached else _of_silence(call))]
    if call.next_at is not None and (is_last or not now < call.next_at <= now + LONGEST_WAIT):
        found.append(CallFlaw("/next_at", "next-try-invalid"))
    if found:
        raise BadCall(found)


def _of_silence(call: Call) -> Iterator[CallFlaw]:
    for name in ("satisfaction", "solved", "answers"):
        if getattr(call, name) is not None:
            yield CallFlaw(f"/{name}", "answer-without-contact")


def _of_contact(call: Call, script: Sequence[Question], is_gate: bool) -> Iterator[CallFlaw]:
    if is_gate and call.solved is None:
        yield CallFlaw("/solved", "solved-missing")
    if is_gate and call.solved is False and call.note is None:
        yield CallFlaw("/note", "unsolved-note-missing")
    if not is_gate and (call.satisfaction is None) != (call.solved is None):
        yield CallFlaw("/satisfaction" if call.satisfaction is None else "/solved", "word-incomplete")
    yield from _of_answers(call.answers or {}, script)


def _of_answers(answers: Mapping[str, Answer], script: Sequence[Question]) -> Iterator[CallFlaw]:
    questions = {question.code: question for question in script}
    for code, answer in answers.items():
        question = questions.get(code)
        if question is None:
            yield CallFlaw(f"/answers/{_escaped(code)}", "question-unknown")
        elif not question.fits(answer):
            yield CallFlaw(f"/answers/{_escaped(code)}", "answer-unfitting")
    for question in script:
        if question.required and question.code not in answers:
            yield CallFlaw(f"/answers/{question.code}", "answer-missing")


def _escaped(name: str) -> str:
    """Return a member's name as part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
