"""What reporters read of each step: one table, Chinese and English, the fullest sentence first.

A sentence is taken where everything that it names is known of the step; the last of each kind names nothing.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Sentence = tuple[str, str]
STEP_TEXTS: Mapping[str, Sequence[Sentence]] = {
    "received": [("诉求已受理。", "We have received your complaint.")],
    "assigned": [
        (
            "已派遣给{unit}，承诺在 {promised_at} 前办结。",
            "{unit} answers for it now; it is promised to be handled by {promised_at}.",
        ),
        ("已派遣给{unit}。", "{unit} answers for it now."),
        ("已派遣给责任单位。", "A unit answers for it now."),
    ],
    "accepted": [("责任单位已接单。", "The unit has taken it on.")],
    "started": [("工作人员已到现场处置。", "Somebody is on site and works on it.")],
    "returned": [
        ("原单位已退单，将另行派遣。", "The unit has given it back; another unit will get it."),
    ],
    "transferred": [
        ("已转由{department}办理。", "{department} has taken it on."),
        ("已转由其他部门办理。", "Another department has taken it on."),
    ],
    "extended": [
        ("办理时限已延长，新的承诺时间为 {promised_at}。", "It takes longer: the new promised time is {promised_at}."),
        ("办理时限已延长。", "It takes longer than was promised."),
    ],
    "suspended": [
        (
            "因条件暂不具备已挂账，时限暂停计算，具备条件后继续办理。",
            "It is laid aside because it cannot go on at present; the clock stands until it does.",
        ),
    ],
    "resumed": [
        ("已恢复办理，新的承诺时间为 {promised_at}。", "The work goes on; the new promised time is {promised_at}."),
        ("已恢复办理。", "The work goes on."),
    ],
    "rescheduled": [
        ("承诺时间调整为 {promised_at}。", "The promised time is {promised_at} now."),
        ("承诺时间已调整。", "The promised time has changed."),
    ],
    "rectification_ordered": [
        (
            "已责令限期整改，整改期限为 {until}，到期复查。",
            "Whoever caused it has until {until} to set it right; then we look again.",
        ),
        ("已责令限期整改。", "Whoever caused it has been told to set it right."),
    ],
    "resolved": [
        ("已处置：{result}", "It has been handled: {result}"),
        ("已处置，等待核查。", "It has been handled and is to be verified."),
    ],
    "verified": [("处置结果已通过核查。", "The result has been verified.")],
    "rework_ordered": [
        ("核查未通过，将重新处置。", "The result was not good enough: it is worked on again."),
    ],
    "closed": [("诉求已结案。", "The complaint is closed.")],
    "force_closed": [
        ("经审批强制结案：{reason}", "It was closed by a supervisor's decision: {reason}"),
        ("经审批强制结案。", "It was closed by a supervisor's decision."),
    ],
    "feedback_received": [("已收到您的评价。", "We have received your feedback.")],
    "reopened": [("诉求已重新办理。", "The complaint was opened again.")],
    "withdrawn": [("诉求已撤回。", "The complaint was withdrawn.")],
    "voided": [
        ("诉求已作废：{reason}", "The complaint was voided: {reason}"),
        ("诉求已作废。", "The complaint was voided."),
    ],
    "rejected": [
        ("不予受理：{advice}", "We do not deal with it: {advice}"),
        ("不予受理。", "We do not deal with it."),
    ],
    "merged": [
        ("与反映同一事项的另一件诉求合并办理。", "It is dealt with together with another report of the same."),
    ],
    "unmerged": [
        ("不再并案，将单独派遣办理。", "It is dealt with by itself again; a unit will get it."),
    ],
    "supplemented": [("已收到补充材料。", "We have received what was added.")],
    "question_asked": [
        (
            "我们有一个问题请您答复，时限暂停计算，请在 {lapses_at} 前答复。",
            "We have a question; the clock waits for the answer until {lapses_at}.",
        ),
        ("我们有一个问题请您答复。", "We have a question."),
    ],
    "question_answered": [("已收到您的答复，继续办理。", "We have received the answer; the work goes on.")],
    "question_lapsed": [("未在期限内收到答复，继续办理。", "No answer came in time; the work goes on without.")],
}
_OWN = frozenset({"supplemented", "question_asked", "question_answered", "question_lapsed"})
"""Kinds of what intake notes itself, at once."""
BETWEEN_REPORTER_AND_BUREAU = _OWN | {"feedback_received"}
"""Kinds of what passes between a reporter and the bureau: no concern of those whose complaints were merged into it."""
_OF_STATUS = {"in_progress": "started", "received": "returned"}
"""Kinds of the steps of earlier versions, which only said the state that they led to, where the names differ."""
_MOMENTS = frozenset({"promised_at", "until", "lapses_at"})


def kind_of(step: Mapping[str, Any]) -> str:
    """Return the kind of a stored step."""
    kind: str | None = step.get("kind")
    if kind is not None:
        return kind
    status: str = step["status"]
    return _OF_STATUS.get(status, status)


def in_order(progress: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return stored steps with intake's own where they happened: those of other services are learnt of later.

    These stay in their order, which is that of the states, also where work was told later than it was done.
    """
    found: list[Mapping[str, Any]] = []
    own: deque[Mapping[str, Any]] = deque()
    for step in progress:
        if kind_of(step) in _OWN:
            own.append(step)
            continue
        while own and _moment(own[0]) <= _moment(step):
            found.append(own.popleft())
        found.append(step)
    return [*found, *own]


def _moment(step: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(step["at"])


def text_of(step: Mapping[str, Any], language: str, zone: ZoneInfo) -> str:
    """Return what a reporter reads of a stored step, in `zh-CN` or `en`.

    A kind that nobody has words for is its own name.
    """
    kind = kind_of(step)
    values = {name: _shown(name, value, language, zone) for name, value in step.items() if value}
    for zh, en in STEP_TEXTS.get(kind, ()):
        try:
            return (en if language == "en" else zh).format_map(values)
        except KeyError:
            continue
    return kind


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """Return the wall-clock time in the county, to the minute."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _shown(name: str, value: Any, language: str, zone: ZoneInfo) -> str:
    if name in _MOMENTS:
        return local_time(datetime.fromisoformat(value), zone)
    return str((value.get(language[:2]) or value["zh"]) if isinstance(value, dict) else value)
