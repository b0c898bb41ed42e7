"""The words of the simulator's report, in Chinese and English."""

from collections.abc import Mapping

from runtime.problems.language import Language

_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": (
        "{first} 至 {last} 受理的案件，推演至 {until}",
        "Cases received from {first} to {last}, simulated until {until}",
    ),
    "figure": ("指标", "figure"),
    "recorded": ("实际", "as it was"),
    "present": ("现行配置", "as it is now"),
    "proposed": ("拟议方案", "as proposed"),
    "difference": ("差值", "difference"),
    "cases": ("案件", "cases"),
    "kept": ("按期办结", "promises kept"),
    "broken": ("超期", "promises broken"),
    "not_due": ("未到期", "not due yet"),
    "rate": ("按期率", "kept of due"),
    "open": ("未办结", "still open"),
    "desk": ("值班台案件", "at the duty desk"),
    "to_site": ("派遣至到场，中位", "until on site, median"),
    "to_site_p90": ("派遣至到场，九成以内", "until on site, p90"),
    "on_site": ("到场至办结，中位", "work on site, median"),
    "on_site_p90": ("到场至办结，九成以内", "work on site, p90"),
    "to_resolution": ("派遣至办结，中位", "until resolved, median"),
    "to_resolution_p90": ("派遣至办结，九成以内", "until resolved, p90"),
    "way": ("处置路程，中位", "way to a case, median"),
    "way_p90": ("处置路程，九成以内", "way to a case, p90"),
    "ways_known": ("路程已知的案件", "ways known"),
    "kilometres": ("路程合计", "all ways"),
    "busy_hours": ("工时合计", "busy hours"),
    "peak": ("同时在办最多", "most open at once"),
    "teams": ("各队负荷", "Load per team"),
    "team": ("队伍", "team"),
    "columns": ("实际/现行/拟议", "was/now/proposed"),
    "columns_two": ("实际/现行", "was/now"),
    "more_teams": ("另有 {count} 支队伍，见 --json 或 --top。", "{count} more teams: --top, or --json."),
    "fit": ("可信程度", "How far to trust it"),
    "fit_team": ("队伍相同的案件 {same}/{cases}", "same team as on record: {same} of {cases}"),
    "fit_kept": ("按期率相差 {points:+.1f} 个百分点", "promises kept: {points:+.1f} points"),
    "fit_to_site": (
        "到场用时中位 {simulated}，实际 {recorded}",
        "median to the site: {simulated}, on record {recorded}",
    ),
    "fit_to_resolution": (
        "办结用时中位 {simulated}，实际 {recorded}",
        "median to the resolution: {simulated}, on record {recorded}",
    ),
    "fit_close": (
        "推演的现行配置接近实际：差值可以参考。",
        "The simulated present is near the record: differences can be relied on.",
    ),
    "fit_far": (
        "推演的现行配置与实际相差较大：只比较现行与拟议两列，勿作承诺。",
        "The simulated present is far from the record: compare the last two columns only, and promise nothing by them.",
    ),
    "fit_unknown": (
        "推演的时间尚未过去，或没有已办结的案件：无从检验。",
        "The time simulated is not over, or nothing was handled in it: there is nothing to check by.",
    ),
    "changes": ("有何变化", "What changes"),
    "changed": (
        "{teams} 件换队伍，{grades} 件换级别，{promises} 件承诺时限不同（共 {cases} 件）",
        "{teams} cases go to another team, {grades} get another grade, {promises} another promised time (of {cases})",
    ),
    "reason": ("原因", "reason"),
    "number": ("编号", "number"),
    "from": ("由", "from"),
    "to": ("到", "to"),
    "off_duty": ("{after} 当时无人在岗，转值班台", "nobody of {after} is on duty then: to the duty desk"),
    "on_duty": ("{before} 当时有人在岗", "somebody of {before} is on duty then"),
    "rule": ("按规则 {after}", "by rule {after}"),
    "no_rule": ("不再适用规则 {before}", "rule {before} fits no more"),
    "rule_team": ("规则 {after} 改由他队负责", "rule {after} names another team"),
    "grid": ("网格由 {before} 变为 {after}", "in {after}, no more in {before}"),
    "grid_team": ("网格 {after} 改由他队负责", "{after} has another team"),
    "nowhere": ("网格之外", "no grid"),
    "assumptions": ("假设", "Assumptions"),
    "assume_order": (
        "在岗队员先办承诺时限最早的案件，由最近的空闲队员前往，办完手头案件才下班。",
        "Officers on duty take the case with the earliest promise, the nearest who is free goes, and nobody leaves "
        "before the case in hand is done.",
    ),
    "assume_travel": (
        "路程为直线距离 × {detour:g}，时速 {speed:g} 公里（与十五分钟生活圈相同的算法）；没有位置的案件不计路程。",
        "A way is the straight line × {detour:g} at {speed:g} km/h, as in the 15-minute circle; a case without a "
        "place takes no way.",
    ),
    "assume_time": (
        "{known}/{cases} 件用实际处置时长（到场至办结）；其余{how}。",
        "{known} of {cases} cases take their recorded time from the start on site to the resolution; the others {how}.",
    ),
    "by_median": (
        "取同类中位数（无记录时 {unknown} 分钟）",
        "take their category's median ({unknown} min without any)",
    ),
    "by_seed": (
        "以种子 {seed} 从同类中抽取（无记录时 {unknown} 分钟）",
        "one drawn from their category by the seed {seed} ({unknown} min without any)",
    ),
    "assume_longest": (
        "队员在一件上最多停留 {hours:g} 小时，更久的视为等待。",
        "No officer stays longer than {hours:g} h with one case; what took longer waited for something else.",
    ),
    "assume_start": (
        "期初没有积案；拟议方案之外的设置取自现在（网格、规则、时限、日历），值班取自当时的排班。",
        "The period begins with empty hands. Grids, rules, limits and calendar are those of now, duties those of then.",
    ),
    "assume_left_out": (
        "未计 {count} 件：自处理、撤回、转出等不占用处置力量的案件。",
        "{count} cases are left out: handled on the spot, withdrawn, or handed to others.",
    ),
    "assume_office": (
        "未排班的队伍（{count} 支：{teams}）按全员在办公时间在岗计。",
        "Teams without a roster ({count}: {teams}) are taken to work the office hours with all their members.",
    ),
    "assume_off": ("停用的规则：{codes}。", "Rules that are switched off: {codes}."),
    "reading": ("读取案件", "Reading cases"),
    "simulating": ("推演", "Simulating"),
}


class Words:
    """The texts in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._place = 1 if language == "en" else 0

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values."""
        return _TEXTS[key][self._place].format(**values)
