"""Ministries: where letters go, and whether a person has checked that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select, update
from sqlalchemy.orm import lazyload

from campaign.errors import NotFound
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, WaitingFor
from campaign.recipients.queries import addresses
from campaign.recipients.rows.ministries import MinistryRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.recipients.rules.government import Ministry


def refresh(session: Session, reference: Iterable[Ministry]) -> None:
    """Take over addresses from the reference data, except where a person has checked one."""
    # Locked: an address that is being verified at this moment must not change under it.
    rows = session.scalars(select(MinistryRow).order_by(MinistryRow.government).with_for_update())
    known = {row.government: row for row in rows}
    for ministry in reference:
        row = known.get(ministry.government)
        if row is None:
            row = MinistryRow(government=ministry.government, zone=ministry.zone)
            session.add(row)
        addresses.refresh(row, ministry)
    session.flush()


_HELD = "ministries"


def listing(session: Session) -> Sequence[MinistryRow]:
    return session.scalars(select(MinistryRow).order_by(MinistryRow.government)).all()


def get(session: Session, government: str) -> MinistryRow:
    row = session.get(MinistryRow, government)
    if row is None:
        raise NotFound(government)
    # The session lets go of what nobody holds, and would ask again for each of many letters.
    session.info.setdefault(_HELD, set()).add(row)
    return row


def of_governments(session: Session, codes: Iterable[str]) -> Sequence[MinistryRow]:
    """Return the ministries of these governments, in one query."""
    wanted = MinistryRow.government.in_(set(codes))
    return session.scalars(select(MinistryRow).where(wanted)).all()


def lock(session: Session, government: str) -> MinistryRow:
    # Its addresses are asked for where they are needed: most often its pace is.
    options = [lazyload(MinistryRow.addresses)]
    row = session.get(MinistryRow, government, with_for_update=True, options=options)
    if row is None:
        raise NotFound(government)
    return row


def settle_paused(session: Session, now: datetime) -> None:
    """Let every letter wait, or not wait any more, for its ministry's pause to end."""
    paused = exists().where(
        MinistryRow.government == LetterRow.government, MinistryRow.paused_on.is_not(None)
    )
    session.execute(
        update(LetterRow)
        .where(LetterRow.state == LetterState.QUEUED, paused)
        .values(state=LetterState.WAITING, waiting_for=WaitingFor.PAUSE, changed_at=now)
    )
    session.execute(
        update(LetterRow)
        .where(
            LetterRow.state == LetterState.WAITING,
            LetterRow.waiting_for == WaitingFor.PAUSE,
            ~paused,
        )
        .values(
            state=LetterState.QUEUED,
            waiting_for=None,
            first_tried_at=None,
            due_at=now,
            changed_at=now,
        )
    )


def settle_waiting(session: Session, *, live: bool, now: datetime) -> None:
    """Let every letter wait, or not wait any more, for its ministry's address to be checked."""
    checked = addresses.has_verified_email(LetterRow.government.expression)
    free = update(LetterRow).where(
        LetterRow.state == LetterState.WAITING,
        LetterRow.waiting_for == WaitingFor.VERIFIED_ADDRESS,
    )
    if live:
        session.execute(
            update(LetterRow)
            .where(LetterRow.state == LetterState.QUEUED, ~checked)
            .values(
                state=LetterState.WAITING, waiting_for=WaitingFor.VERIFIED_ADDRESS, changed_at=now
            )
        )
        free = free.where(checked)
    session.execute(
        free.values(
            state=LetterState.QUEUED, waiting_for=None, queued_at=now, due_at=now, changed_at=now
        )
    )
