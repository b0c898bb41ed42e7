"""Transfers, orders and supporting work, counted entry by entry."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ledger.steps import Step, handled_at, last, promise, round_of, time_step, where


def deeds(life: Sequence[Step]) -> Iterator[tuple[str, datetime, Mapping[str, str]]]:
    """Yield what the last entry says was done about the complaint, when, and under what that counts."""
    step, place = life[-1], dict(where(life))
    told_to = {"team": step.data.get("team", ""), "officer": step.data.get("actor", "")}
    if step.type == "transferred":
        yield "handed_over", step.at, place
    elif step.type in ("resolved", "returned"):
        yield from ((what, at, place) for what, at in _end_of_transfer(life))
    elif step.type == "contributed" and step.data["supporting"]:
        yield "contributed", step.at, place | told_to
        if step.data.get("part_done"):
            yield "part_done", step.at, place | told_to
    elif step.type == "order_replied" and not step.data["late"]:
        yield "replied_in_time", step.at, place | told_to
    elif step.type in ("order_missed", "order_withdrawn") or (step.type == "escalated" and "order" in step.data):
        what, at = step.type.replace("escalated", "ordered"), step.data.get("deadline")
        officer = place["officer"] if place["team"] == step.data["team"] else ""
        yield what, datetime.fromisoformat(at) if at else step.at, place | {"team": told_to["team"], "officer": officer}


def _end_of_transfer(life: Sequence[Step]) -> Iterator[tuple[str, datetime]]:
    *before, step = life
    begun = last(before, "transferred", "resolved", "returned", "force_closed")
    if begun is None or begun.type != "transferred":
        return
    if step.type == "returned":
        yield "recalled", step.at
        return
    at, promised = handled_at(step), promise(round_of(before))
    yield "answered", at
    yield time_step("answer", begun.at, at), at
    if promised is None or at <= promised:
        yield "answered_in_time", at
