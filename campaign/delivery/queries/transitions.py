"""Changes of messages' states, each by the table in `rules/outgoing.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingState, next_state, sources

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from campaign.delivery.rules.outgoing import OutgoingEvent


def move(row: OutgoingRow, event: OutgoingEvent, now: datetime) -> None:
    """Change a message's state; only while it is uncertain does the lease stay its worker's.

    Raise NoLongerPossible if the event cannot happen to it.
    """
    row.state = next_state(row.state, event)
    row.accepted_at = now if row.state is OutgoingState.ACCEPTED else None
    if row.state is not OutgoingState.UNCERTAIN:
        row.lease_until = row.lease_holder = None
    row.changed_at = now


def move_if_possible(row: OutgoingRow, event: OutgoingEvent, now: datetime) -> None:
    if row.state in sources(event):
        move(row, event, now)


def move_all(
    session: Session,
    event: OutgoingEvent,
    states: tuple[OutgoingState, ...],
    now: datetime,
    *which: ColumnElement[bool],
) -> int:
    """Let an event happen to all these messages that are in one of these states; return how many.

    The event must lead from each of the states to the same one.
    """
    (target,) = {next_state(state, event) for state in states}
    changed = session.execute(
        update(OutgoingRow)
        .where(*which, OutgoingRow.state.in_(states))
        .values(state=target, changed_at=now, lease_until=None, lease_holder=None)
        .returning(OutgoingRow.id)
    )
    return len(changed.all())
