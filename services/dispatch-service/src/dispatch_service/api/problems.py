"""Dispatch's refusals as problems."""

from dispatch_service.domain.errors import (
    ActionConflict,
    CaseNotFound,
    DispatchError,
    NotYourTeam,
    StartOutOfRange,
    UnknownTeam,
)
from operations.problems import illegal_transition, invalid, not_found
from runtime.problems import Problem, register_texts

register_texts(
    {
        "not-your-team": (
            "不属于您的队伍",
            "Not your team",
            "该案件由队伍 {team} 负责，您不是其成员。",
            "The case belongs to {team}, of which you are not a member.",
        ),
        "unknown-team": ("没有该队伍。", "There is no such team."),
        "unknown-community": ("没有该社区。", "There is no such community."),
        "unknown-grid": ("没有该网格。", "There is no such grid."),
        "duplicate-code": ("编码重复。", "The code comes more than once."),
        "member_twice": ("同一人重复出现。", "Somebody is named twice."),
        "ring_open": (
            "环未闭合：首末两点应相同。",
            "The ring is not closed: its first and last position must be the same.",
        ),
        "ring_not_in_degrees": (
            "坐标应为经度（-180 至 180）在前、纬度（-90 至 90）在后的度数。",
            "Positions are degrees: longitude (-180 to 180) first, then latitude (-90 to 90).",
        ),
        "crs_unsupported": (
            "GeoJSON 坐标应为 WGS84（RFC 7946）。",
            "GeoJSON is in WGS84 (RFC 7946): convert the file first.",
        ),
        "shape-invalid": (
            "图形无法使用：{reason}，位于经度 {lon}、纬度 {lat}。",
            "The shape cannot be used: {reason}, at longitude {lon}, latitude {lat}.",
        ),
        "place-not-found": (
            "未找到",
            "Not found",
            "没有该编码的社区、网格、队伍或点位。",
            "There is no community, grid, team or post with this code.",
        ),
        "place-in-use": (
            "仍在使用",
            "Still in use",
            "仍有网格（含历史版本）、队伍、点位或案件与其相关，不能删除。",
            "Grids (of all times), teams, posts or cases still refer to it, so it cannot be removed.",
        ),
        "start-out-of-range": (
            "应在受理时间之后，且不得晚于当前时间五分钟以上。",
            "Must not lie before the receipt of the complaint, nor more than five minutes in the future.",
        ),
    }
)


def problem_of(error: DispatchError) -> Problem:
    """Return the answer to a refusal; the loser of a race is told the present state."""
    match error:
        case CaseNotFound():
            return not_found()
        case NotYourTeam():
            return Problem(403, "not-your-team", extra={"team": error.team}, team=error.team)
        case ActionConflict():
            return illegal_transition(error.status.value, error.version)
        case UnknownTeam():
            return invalid("/team", "unknown-team")
        case StartOutOfRange():
            return invalid("/started_at", "start-out-of-range")
    raise TypeError(f"no problem for {type(error).__name__}")
