"""The columns of a complaint that ledgers and figures are made of; what each means is said in `domain.facts`."""

import sqlalchemy as sa

_MOMENT = sa.DateTime(timezone=True)
STOPPED_AT = "least(waiting_since, resolved_at)"
"""When the clock of what is resolved stopped: with the result, or with a question whose answer it still awaited."""


def fact_columns() -> list[sa.Column[object]]:
    """Return the columns, for the one table that they belong to."""
    return [
        sa.Column("officer", sa.Text, comment="opaque subject of whoever works on it, or did last"),
        sa.Column("department", sa.Text, comment="another one that has taken it on"),
        sa.Column("handling_mode", sa.Text),
        _flag("self_handled"),
        _flag("is_forced"),
        sa.Column("first_assigned_at", _MOMENT),
        sa.Column("promised_at", _MOMENT),
        sa.Column("warn_at", _MOMENT, comment="when its light turns yellow, where an event has said it"),
        sa.Column("suspended_at", _MOMENT, comment="since when its clock stands still"),
        sa.Column("waiting_since", _MOMENT, comment="for the reporter's answer"),
        sa.Column("accepted_at", _MOMENT),
        sa.Column("started_at", _MOMENT, comment="when an officer was on site for the first time"),
        sa.Column("resolved_at", _MOMENT),
        sa.Column("verified_at", _MOMENT),
        sa.Column("first_closed_at", _MOMENT),
        _count("returns"),
        _count("extensions"),
        _count("reworks"),
        _count("reopenings"),
        sa.Column("follow_up", sa.Text, comment="outcome of the last call of a task"),
        sa.Column("asked_at", _MOMENT, comment="of the reporter's word, or of the end of the calls"),
        sa.Column("rating", sa.Uuid, comment="event that brought the reporter's word"),
        sa.Column("appeal", sa.Uuid, comment="event that appealed against it"),
        _flag("is_struck"),
        sa.Column("exclusions", sa.SmallInteger, nullable=False, server_default="0", comment="1, 2, 4: Exclusion"),
        sa.Column("photos_asked", sa.Uuid, comment="event that asked for a result's photos, until it is answered"),
        sa.Column(
            "facts_version",
            sa.Integer,
            nullable=False,
            server_default="0",
            comment="how many entries these are made of: version, once a release that knows them has seen all",
        ),
    ]


def _flag(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def _count(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")
