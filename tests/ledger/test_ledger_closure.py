"""Closing by hand: only what has passed every gate, and that closes by itself."""

from ledger.closings import ASK_FIRST, Closings
from refusals import code_of

GOOD = {"outcome": "reached", "satisfaction": "satisfied", "solved": True}


async def test_before_any_gate_nothing_closes_by_hand(closings: Closings) -> None:
    await closings.rules(ASK_FIRST)
    history = await closings.resolved()
    early = await closings.post(history, "closure", None, closings.supervisor)
    assert (code_of(early), early.json()["missing"]) == ((409, "gates-missing"), ["verification", "follow_up"])
    in_chinese = await closings.post(history, "closure", None, closings.supervisor | {"Accept-Language": "zh"})
    assert in_chinese.json()["detail"] == "结案前还须通过：核查、回访。"
    failing = {"method": "photo", "passed": False, "note": "还在"}
    await closings.post(history, "verification", {"method": "photo"}, closings.inspector)
    late = await closings.post(history, "verification", failing, closings.inspector)
    assert (code_of(late)[0], late.json()["present"]["status"]) == (409, "verified")
    await closings.call(history, await closings.task(history, "gate"), **GOOD)
    closed = await closings.post(history, "closure", None, closings.supervisor)
    assert (code_of(closed), closed.json()["present"]["status"]) == ((409, "illegal-transition"), "closed")
    in_chinese = await closings.post(history, "closure", None, closings.supervisor | {"Accept-Language": "zh"})
    assert in_chinese.json()["detail"] == "诉求当前状态为“已结案”，不能执行此操作。"
