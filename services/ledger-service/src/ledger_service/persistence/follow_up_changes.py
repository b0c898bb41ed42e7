"""Writes what a slice of events makes of follow-up tasks, in three statements at most."""

from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement, arrays
from ledger_service.domain.follow_up_changes import Changes

_NEW = {
    "tenant": "text",
    "id": "uuid",
    "complaint_id": "uuid",
    "round": "int",
    "kind": "text",
    "created_at": "timestamptz",
    "due_at": "timestamptz",
    "most_attempts": "int",
}
_CALLED = {
    "tenant": "text",
    "id": "uuid",
    "complaint_id": "uuid",
    "round": "int",
    "kind": "text",
    "attempt": "int",
    "outcome": "text",
    "state": "text",
    "at": "timestamptz",
    "most_attempts": "int",
}
_OVER = {"tenant": "text", "complaint_id": "uuid", "round": "int", "kind": "text", "at": "timestamptz"}


def _unnested(columns: dict[str, str]) -> str:
    given = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items())
    return f"unnest({given}) AS new({', '.join(columns)})"


_MAKE = Statement(f"""
    INSERT INTO follow_up ({", ".join(_NEW)}) SELECT * FROM {_unnested(_NEW)} ON CONFLICT DO NOTHING
""")
_NOTE = Statement(f"""
    INSERT INTO follow_up AS task (tenant, id, complaint_id, round, kind, created_at, due_at, most_attempts, attempts,
                                   outcome, state, done_at)
    SELECT tenant, id, complaint_id, round, kind, at, at, most_attempts, attempt, outcome, state,
           CASE state WHEN 'done' THEN at END
    FROM {_unnested(_CALLED)}
    ON CONFLICT (tenant, id) DO UPDATE
    SET attempts = excluded.attempts, outcome = excluded.outcome, state = excluded.state, done_at = excluded.done_at,
        version = task.version + 1, claimed_by = NULL, claimed_until = NULL
    WHERE task.attempts < excluded.attempts AND task.state = 'open'
""")
_DROP = Statement(f"""
    UPDATE follow_up AS task SET state = 'dropped', done_at = new.at, version = version + 1
    FROM {_unnested(_OVER)}
    WHERE task.tenant = new.tenant AND task.complaint_id = new.complaint_id AND task.round = new.round
        AND task.state IN ('open', 'supervisor') AND task.kind = coalesce(new.kind, task.kind)
""")


async def save(connection: AsyncConnection, changes: Changes) -> None:
    """Make new tasks, note the calls of others, and drop those that are over; what is known already stays."""
    if changes.made:
        await _MAKE.fetch(connection, arrays(_NEW, changes.made))
    if changes.called:
        await _NOTE.fetch(connection, arrays(_CALLED, changes.called.values()))
    if changes.over:
        await _DROP.fetch(connection, arrays(_OVER, changes.over))
