"""The simulator's report as tables for people."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from dispatch_service.domain.simulation.changes import Changes, Reason
from dispatch_service.domain.simulation.comparison import Fit
from dispatch_service.domain.simulation.figures import Figures, Load
from dispatch_service.domain.simulation.past import UNKNOWN_SECONDS
from jieban.simulator.report import Report
from jieban.simulator.texts import Words

_Value = Callable[[Figures], float | None]
_Format = Callable[[float], str]
_NOTHING = "–"
_WIDE = 110
"""Columns of a terminal that has room for the names of teams beside their codes."""


def show(console: Console, report: Report, words: Words, top: int) -> None:
    """Print all tables; of teams, reasons and cases up to `top`."""
    found = report.comparison
    console.print(words("title", first=report.first, last=report.last, until=f"{report.until:%Y-%m-%d %H:%M}"))
    columns = [column for column in (found.recorded, found.present, found.proposed) if column is not None]
    console.print(_figures(columns, words))
    console.print(_teams(columns, report.names if console.width >= _WIDE else {}, words, top))
    more = len(_codes(columns)) - top
    if more > 0:
        console.print(words("more_teams", count=more))
    if found.changes is not None:
        for table in _changes(found.changes, words, top):
            console.print(table)
    console.print(f"\n[bold]{words('fit')}[/bold]")
    console.print("\n".join(_fit(found.fit, words)), soft_wrap=True)
    console.print(f"\n[bold]{words('assumptions')}[/bold]")
    console.print("\n".join(f"- {line}" for line in _assumptions(report, words)), soft_wrap=True)


def _table(title: str, left: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(title=f"\n{title}" if title else None, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right")
    return table


def _rows() -> Iterator[tuple[str, _Value, _Format]]:
    yield "cases", lambda column: column.whole.cases, _count
    yield "kept", lambda column: column.whole.promises.kept, _count
    yield "broken", lambda column: column.whole.promises.broken, _count
    yield "not_due", lambda column: column.whole.promises.not_due, _count
    yield "rate", lambda column: column.whole.promises.rate, _share
    yield "open", lambda column: column.whole.open, _count
    yield "desk", lambda column: column.desk, _count
    yield "to_site", lambda column: column.to_site.median, _time
    yield "to_site_p90", lambda column: column.to_site.p90, _time
    yield "on_site", lambda column: column.on_site.median, _time
    yield "on_site_p90", lambda column: column.on_site.p90, _time
    yield "to_resolution", lambda column: column.to_resolution.median, _time
    yield "to_resolution_p90", lambda column: column.to_resolution.p90, _time
    yield "way", lambda column: column.metres.median, _metres
    yield "way_p90", lambda column: column.metres.p90, _metres
    yield "ways_known", lambda column: column.metres.count, _count
    yield "kilometres", lambda column: column.whole.kilometres, _kilometres
    yield "busy_hours", lambda column: column.whole.busy_hours, _hours
    yield "peak", lambda column: column.whole.peak, _count


def _figures(columns: Sequence[Figures], words: Words) -> Table:
    names = ["recorded", "present", "proposed"][: len(columns)] + (["difference"] if len(columns) > 2 else [])
    table = _table("", [words("figure")], [words(name) for name in names])
    for name, value, form in _rows():
        values = [value(column) for column in columns]
        cells = [_NOTHING if each is None else form(each) for each in values]
        if len(columns) > 2:
            cells.append(_difference(values[1], values[2], form))
        table.add_row(words(name), *cells)
    return table


def _teams(columns: Sequence[Figures], names: Mapping[str, str], words: Words, top: int) -> Table:
    title = f"{words('teams')} ({words('columns' if len(columns) > 2 else 'columns_two')})"
    table = _table(title, [words("team")], [words(name) for name in ("cases", "rate", "busy_hours", "peak", "open")])
    for code in _codes(columns)[:top]:
        loads = [column.teams.get(code) for column in columns]
        table.add_row(
            f"{code} {names.get(code, '')}".strip(),
            _side_by_side(loads, lambda load: load.cases, _count),
            _side_by_side(loads, lambda load: load.promises.rate, lambda rate: f"{rate:.0%}"),
            _side_by_side(loads, lambda load: load.busy_hours, _count),
            _side_by_side(loads, lambda load: load.peak, _count),
            _side_by_side(loads, lambda load: load.open, _count),
        )
    return table


def _codes(columns: Sequence[Figures]) -> list[str]:
    """Return the codes of all teams: those whose number of cases changes most first, then those with most cases."""
    last, before = columns[-1].teams, columns[-2].teams

    def rank(code: str) -> tuple[int, int, str]:
        one, other = (teams[code].cases if code in teams else 0 for teams in (last, before))
        return -abs(one - other), -one, code

    return sorted({code for column in columns for code in column.teams}, key=rank)


def _side_by_side(loads: Sequence[Load | None], value: Callable[[Load], float | None], form: _Format) -> str:
    values = [None if load is None else value(load) for load in loads]
    return "/".join(_NOTHING if each is None else form(each) for each in values)


def _changes(changes: Changes, words: Words, top: int) -> Iterator[Table | str]:
    counts = {name: getattr(changes, name) for name in ("teams", "grades", "promises", "cases")}
    yield f"\n[bold]{words('changes')}[/bold]\n{words('changed', **counts)}"
    if not changes.teams:
        return
    reasons = _table("", [words("reason")], [words("cases")])
    for reason, count in changes.reasons.most_common(top):
        reasons.add_row(_reason(reason, words), _count(count))
    yield reasons
    moves = _table("", [words(name) for name in ("number", "from", "to", "reason")], [])
    for move in changes.moves[:top]:
        moves.add_row(move.number, move.before, move.after, _reason(move.reason, words))
    yield moves


def _reason(reason: Reason, words: Words) -> str:
    nowhere = words("nowhere")
    return words(reason.kind, before=reason.before or nowhere, after=reason.after or nowhere)


def _fit(fit: Fit, words: Words) -> Iterator[str]:
    yield f"- {words('fit_team', same=fit.same_team, cases=fit.cases)}"
    if fit.kept_points is not None:
        yield f"- {words('fit_kept', points=fit.kept_points * 100)}"
    for name, gap in (("fit_to_site", fit.to_site), ("fit_to_resolution", fit.to_resolution)):
        if gap is not None:
            yield f"- {words(name, recorded=_time(gap.recorded), simulated=_time(gap.simulated))}"
    yield words({True: "fit_close", False: "fit_far", None: "fit_unknown"}[fit.is_close])


def _assumptions(report: Report, words: Words) -> Iterator[str]:
    found, assumed = report.comparison, report.assumptions
    how = words("by_median" if assumed.seed is None else "by_seed", seed=assumed.seed, unknown=UNKNOWN_SECONDS // 60)
    yield words("assume_order")
    yield words("assume_travel", detour=assumed.travel.detour, speed=assumed.travel.kilometres_per_hour)
    yield words("assume_time", known=found.known_times, cases=found.cases, how=how)
    yield words("assume_longest", hours=assumed.longest_work.total_seconds() / 3600)
    yield words("assume_start")
    if found.left_out:
        yield words("assume_left_out", count=found.left_out)
    if report.office_teams:
        first = ", ".join(report.office_teams[:3]) + (", …" if len(report.office_teams) > 3 else "")
        yield words("assume_office", count=len(report.office_teams), teams=first)
    if report.off:
        yield words("assume_off", codes=", ".join(report.off))


def _difference(before: float | None, after: float | None, form: _Format) -> str:
    if before is None or after is None:
        return _NOTHING
    if form is _share:
        return f"{(after - before) * 100:+.1f}"
    return "=" if form(after) == form(before) else f"{'+' if after > before else '-'}{form(abs(after - before))}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _share(value: float) -> str:
    return f"{value:.1%}"


def _metres(value: float) -> str:
    return f"{value:,.0f} m"


def _kilometres(value: float) -> str:
    return f"{value:,.1f} km"


def _hours(value: float) -> str:
    return f"{value:,.1f}"


def _time(seconds: float) -> str:
    minutes = seconds / 60
    if minutes < 120:
        return f"{minutes:,.0f} min"
    return f"{minutes / 60:,.1f} h" if minutes < 72 * 60 else f"{minutes / 1440:,.1f} d"
