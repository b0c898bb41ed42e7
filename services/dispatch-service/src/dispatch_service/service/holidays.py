"""The State Council's holidays with their make-up workdays 调休, from the package `chinesecalendar`.

The notice for a year comes out in November of the year before, and the package soon after it. Version 1.11 knows 2004
to 2026; a newer version of the package brings newer years.
"""

from datetime import date

import chinese_calendar
from chinese_calendar.constants import in_lieu_days, workdays


def official(day: date) -> bool | None:
    """Say whether `day` is a working day; None for a year that the package does not know."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # how the package says that it does not know the year
        return None


def is_known(year: int) -> bool:
    """Say whether the package knows the holidays of `year`."""
    return official(date(year, 1, 1)) is not None


def name_of(day: date) -> str | None:
    """Return the Chinese name of the holiday that makes `day` a day off or a make-up workday; None for other days."""
    if official(day) is None:
        return None
    _, name = chinese_calendar.get_holiday_detail(day)
    return None if name is None else str(chinese_calendar.Holiday(name).chinese)


def replaced(day: date) -> int | None:
    """Return the weekday whose day off a make-up workday stands for (Monday is 1); None where no notice says.

    Notices name both sorts of days of a holiday together: the first workday is taken for the first day off, and so on.
    """
    holiday = workdays.get(day)
    if holiday is None:
        return None
    worked = sorted(each for each, name in workdays.items() if (each.year, name) == (day.year, holiday))
    off = sorted(each for each, name in in_lieu_days.items() if (each.year, name) == (day.year, holiday))
    return off[worked.index(day)].isoweekday() if len(off) == len(worked) else None
