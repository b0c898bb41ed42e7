"""Which closing rules count for whom and when, which answers fit, and that links say what was signed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_service.domain.closing_rules import DEFAULT, Answer, Gate, Question, Rule, RuleBook, Version
from ledger_service.domain.feedback_links import FeedbackLink, LinkUnknown, link_key

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
FIRST, SECOND = Rule(category="noise"), Rule(sources=("hotline",), gates=(Gate.FOLLOW_UP,))
BOOK = RuleBook([Version(1, BEGIN, (FIRST, SECOND)), Version(2, BEGIN + timedelta(days=1), ())])
KEY = link_key("f" * 64)


@pytest.mark.parametrize(("after", "number"), [(-1, 0), (0, 1), (86_399, 1), (86_400, 2), (10_000_000, 2)], ids=str)
def test_a_version_counts_from_its_moment_to_the_next(after: int, number: int) -> None:
    assert BOOK.version_at(BEGIN + timedelta(seconds=after)) == number


@pytest.mark.parametrize(
    ("version", "category", "source", "rule"),
    [
        (1, "noise", "hotline", FIRST),
        (1, "noise.night", "media", FIRST),
        (1, "noises", "hotline", SECOND),
        (1, None, "hotline", SECOND),
        (1, None, "media", DEFAULT),
        (2, "noise", "hotline", DEFAULT),
        (0, "noise", "hotline", DEFAULT),
        (9, "noise", "hotline", DEFAULT),
    ],
)
def test_the_first_rule_that_fits_counts(version: int, category: str | None, source: str, rule: Rule) -> None:
    for _ in range(2):  # the second answer comes from memory
        assert BOOK.rule(version, category, source) is rule


@pytest.mark.parametrize(
    ("question", "fitting", "unfitting"),
    [
        ({"type": "yes_no"}, [True, False], ["yes", 1.0]),
        ({"type": "choice", "choices": ("a", "b")}, ["a"], ["c", True, 1.0]),
        ({"type": "scale", "highest": 3}, [1.0, 3.0], [0.0, 4.0, 2.5, True, "2"]),
        ({"type": "text"}, ["谢谢"], ["", True, 1.0]),
    ],
)
def test_a_question_takes_its_own_answers(
    question: dict[str, Any], fitting: list[Answer], unfitting: list[Answer]
) -> None:
    asked = Question(code="q", zh="问", en="Q", **question)
    assert [asked.fits(answer) for answer in fitting] == [True] * len(fitting)
    assert [asked.fits(answer) for answer in unfitting] == [False] * len(unfitting)


@given(
    st.from_regex(r"[0-9A-Za-z_-]{1,32}", fullmatch=True),
    st.uuids(),
    st.integers(1, 2**31 - 1),
    st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - hypothesis wants naive bounds
)
def test_a_link_says_what_was_signed_and_nothing_else_is_one(
    tenant: str, complaint: Any, number: int, expires_at: datetime
) -> None:
    link = FeedbackLink(tenant, complaint, number, expires_at.replace(microsecond=0, tzinfo=UTC))
    text = link.sign(KEY)
    assert FeedbackLink.read(text, KEY) == link
    for place in range(4, len(text), 7):
        other = "A" if text[place] != "A" else "B"
        with pytest.raises(LinkUnknown):
            FeedbackLink.read(text[:place] + other + text[place + 1 :], KEY)
    with pytest.raises(LinkUnknown):
        FeedbackLink.read(text, link_key("e" * 64))
