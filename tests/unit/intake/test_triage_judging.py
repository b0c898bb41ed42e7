"""What triage rules suspect, and what they take."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from intake_service.domain.recent_reports import Filed, Key, Recent, letters, text_digest
from intake_service.domain.triage_judging import Judge, Suggested, Suspect
from intake_service.domain.triage_rules import MOST_WORDS, TriageRules, shipped

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NAMES = {"code": "rule", "zh": "规则", "en": "A rule", "reason": "spam"}


def judge(**rule: Any) -> Judge:
    return Judge(1, TriageRules.model_validate({"rules": [{**NAMES, **rule}]}), SHANGHAI)


def suspected(by: Judge, text: str = "路灯坏了", **facts: Any) -> bool:
    return bool(by.suspicions(Suspect(text, **{"suggested": None, "recent": {}, "at": NOW, **facts})))


@pytest.mark.parametrize("text", ["加微信", "加.微 信", "请加　微-信：abc", "ＷＥＣＨＡＴ", "we chat", "We.Chat"])
def test_words_are_found_whatever_stands_between_their_letters(text: str) -> None:
    assert suspected(judge(kind="words", words=["加微信", "wechat"]), text)


def test_other_words_are_not_found() -> None:
    assert not suspected(judge(kind="words", words=["加微信", "wechat"]), "微信加群里的人说路灯坏了")


@pytest.mark.parametrize(
    ("text", "links"),
    [("见 https://www.a.cn/x", 1), ("HTTP://a.cn www.b.cn", 2), ("a.cn", 0), ("http://a http://b", 2)],
)
def test_links_are_counted(text: str, links: int) -> None:
    assert not suspected(judge(kind="links", more_than=links), text)
    assert links == 0 or suspected(judge(kind="links", more_than=links - 1), text)


def test_a_category_with_an_advice_and_one_that_nobody_knows() -> None:
    advised, unsure = judge(kind="advised_category"), judge(kind="unsure_category", confidence_below=0.2)
    assert not suspected(advised)
    assert not suspected(unsure)
    for confidence, is_advised, found in (
        (0.9, True, [advised]),
        (0.4, True, []),
        (0.9, False, []),
        (0.1, True, [unsure]),
    ):
        suggested = Suggested(confidence, is_advised)
        assert [each for each in (advised, unsure) if suspected(each, suggested=suggested)] == found


def test_repeats_count_within_their_hours_only() -> None:
    text = text_digest(letters("同一句话"))
    before = [Filed(NOW - timedelta(hours=hours), text) for hours in (1, 2, 5)]
    rule = {"kind": "repeated_text", "by": "phone", "hours": 3}
    assert suspected(judge(**rule, times=3), "同一句话！", recent={"phone": before})
    assert not suspected(judge(**rule, times=4), "同一句话！", recent={"phone": before})
    assert not suspected(judge(**rule, times=3), "另一句话", recent={"phone": before})
    assert not suspected(judge(**rule, times=3), "同一句话！", recent={"device": before})
    assert not suspected(judge(**rule, times=2), "。。。", recent={"phone": [Filed(NOW, None)] * 5})


def test_a_rule_is_in_force_from_then_until_then() -> None:
    rule = {"kind": "links", "more_than": 0, "active_from": "2026-11-29T08:00:00Z", "active_to": "2026-11-29T09:00:00Z"}
    by = judge(**rule)
    assert [suspected(by, "www.a.cn", at=NOW + timedelta(minutes=minutes)) for minutes in (-1, 0, 59, 60)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_of_one_key_no_more_is_kept_than_is_asked_for() -> None:
    recent = Recent(3)
    key: Key = ("522723", "phone", "13900000000")
    for place in range(10):
        recent.add(key, uuid4(), Filed(NOW + timedelta(seconds=place), None))
    assert [each.at.second for each in recent.of(key).values()] == [7, 8, 9]
    recent.forget(NOW + timedelta(seconds=9))
    assert len(recent.of(key)) == 1


def test_of_a_hundred_thousand_keys_only_those_are_looked_at_whose_time_is_over() -> None:
    recent = Recent(3)
    keys: list[Key] = [("522723", "account", f"citizen-{place}") for place in range(100_000)]
    for place, key in enumerate(keys):
        recent.add(key, uuid4(), Filed(NOW + timedelta(seconds=place), None))
    recent.add(keys[0], uuid4(), Filed(NOW + timedelta(days=2), None))
    begun = time.process_time()
    for second in range(1, 101):
        recent.forget(NOW + timedelta(seconds=second))
    assert time.process_time() - begun < 0.25
    assert [len(recent.of(key)) for key in (keys[0], *keys[98:102])] == [2, 0, 0, 1, 1]
    assert recent.latest(2, NOW) == [keys[0], keys[-1]]
    assert recent.latest(2, NOW + timedelta(days=1, seconds=50_000)) == [keys[0]]


def test_what_is_shipped_only_flags_and_suspects_nothing_of_an_ordinary_report() -> None:
    assert {rule.action for rule in shipped().rules} == {"flag"}
    assert not suspected(Judge(0, shipped(), SHANGHAI), "小区门口的人行道和盲道长期停满车辆，请尽快派人处理。")


def test_no_text_and_no_rule_takes_long() -> None:
    words = [f"词{place:04d}" for place in range(MOST_WORDS)]
    rules = [{**NAMES, "code": f"r{place}", "kind": "words", "words": words[place::4]} for place in range(4)]
    by = Judge(1, TriageRules.model_validate({"rules": rules}), SHANGHAI)
    for text in ("词0" * 5_000, "aaaaaaaaa!" * 1_000, "ﷺ" * 10_000):
        begun = time.process_time()
        suspected(by, text)
        assert time.process_time() - begun < 0.25
