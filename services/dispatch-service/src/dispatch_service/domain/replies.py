"""Reply templates 常用语: what officers often write, by what they do with a case, its state and its category."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contracts.lifecycle import TRANSITIONS, EventType, Status
from dispatch_service.domain.limits import levels_of


class Writing(StrEnum):
    """What an officer writes, by the action that takes it."""

    RESOLVE = "resolve"
    """The result of the work 处置结果."""
    RETURN = "return"
    """Why the case is given back 退单."""
    EXTENSION = "extension"
    """Why more time is needed 延时."""
    SUSPENSION = "suspension"
    """Why the case is to be laid aside 挂账."""
    RESUMPTION = "resumption"
    """Why the work can go on 恢复."""
    REPLY = "reply"
    """The answer to a supervision order 督办回复."""


_FOLLOWED_BY: Mapping[Writing, EventType] = {
    Writing.RESOLVE: EventType.RESOLVED,
    Writing.RETURN: EventType.RETURNED,
    Writing.EXTENSION: EventType.EXTENDED,
    Writing.SUSPENSION: EventType.SUSPENDED,
    Writing.RESUMPTION: EventType.RESUMED,
}
PLACEHOLDERS = ("{number}", "{category}", "{team}")
"""What a template may leave open: the number of the complaint, the names of its category and of its team."""
_IN_BRACES = re.compile(r"\{[^{}]*\}?|\}")


@dataclass(frozen=True, slots=True)
class Reply:
    """A template, in Chinese and in English; no category stands for all of them."""

    code: str
    action: Writing
    category: str | None
    zh: str
    en: str


def stranger_in(text: str) -> str | None:
    """Return the first brace of a template, with what is in it, that is none of the placeholders."""
    return next((found for found in _IN_BRACES.findall(text) if found not in PLACEHOLDERS), None)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a template with `values` in place of what it has left open; braces in them stay as they are."""
    return _IN_BRACES.sub(lambda match: values[match[0][1:-1]], text)


def possible(status: Status, *, is_order_open: bool) -> Collection[Writing]:
    """Return what the unit of a case may write now; while another department has it, answers to orders alone."""
    allowed = {
        writing
        for writing, event in _FOLLOWED_BY.items()
        if status in TRANSITIONS[event].sources and status is not Status.TRANSFERRED
    }
    return allowed | {Writing.REPLY} if is_order_open else allowed


def fitting(replies: Iterable[Reply], category: str | None, actions: Collection[Writing]) -> Sequence[Reply]:
    """Return the templates of `actions` for a case of that category: those of the lowest level first, then as given."""
    levels = levels_of(category)
    found = [reply for reply in replies if reply.action in actions and reply.category in levels]
    return sorted(found, key=lambda reply: levels.index(reply.category))
