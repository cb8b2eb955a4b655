"""Letters, and what is known of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, func, insert, literal, or_, select

from campaign.delivery.queries import attempts, inbound
from campaign.delivery.rows import AttemptRow
from campaign.delivery.rules.delivery import Outcome
from campaign.letters.queries import sentences
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import UNSENT_STATES, LetterState, SendMethod, WaitingFor
from campaign.letters.sealing import seal_letter
from campaign.signatures.rows.signatures import SignatureRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.letters.rules.letter import LetterDraft
    from campaign.store.keyring import Keyring

_STUCK = (
    LetterState.WAITING,
    LetterState.UNCERTAIN,
    LetterState.REFUSED,
    LetterState.BOUNCED,
)


def add_draft(
    session: Session,
    keyring: Keyring,
    signature: SignatureRow,
    written: LetterDraft,
    now: datetime,
) -> None:
    """Store a letter, unless its held signature stores it: by the same statement either way."""
    columns = LetterRow.__table__.columns
    values = {
        "id": signature.id,
        "campaign_id": signature.campaign_id,
        "government": signature.government,
        "language": written.language,
        "way": written.way,
        "state": LetterState.DRAFT,
        "keys": written.keys.to_json(),
        "edited": written.edited,
        "sealed": seal_letter(keyring, signature.id, written.text, written.paragraph),
        "dated": now.date(),
        "changed_at": now,
    }
    named = [literal(value, columns[name].type).label(name) for name, value in values.items()]
    free = select(*named).where(SignatureRow.id == signature.id, ~SignatureRow.held)
    session.execute(insert(LetterRow).from_select(list(values), free))


def find(session: Session, signature_id: UUID) -> LetterRow | None:
    return session.get(LetterRow, signature_id)


def lock(session: Session, signature_id: UUID) -> LetterRow | None:
    return session.scalar(
        select(LetterRow)
        .where(LetterRow.id == signature_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def lock_in_order(session: Session, ids: Collection[UUID]) -> Sequence[LetterRow]:
    """Return letters by their ids, ordered by id, locked until the transaction ends."""
    return session.scalars(
        select(LetterRow)
        .where(LetterRow.id.in_(ids))
        .order_by(LetterRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def drop_unsent(session: Session, signature_id: UUID, now: datetime) -> None:
    drop_all_unsent(session, [signature_id], now)


def drop_all_unsent(session: Session, ids: Collection[UUID], now: datetime) -> None:
    """Drop letters that have not been sent yet, including those that a worker has claimed.

    The worker locks the row before it starts, and finds the letter gone.
    """
    for row in lock_in_order(session, ids):
        if _not_started(session, row):
            _set_aside(row, LetterState.DROPPED, None, now)


def hold_for_release(session: Session, signature_id: UUID, now: datetime) -> None:
    """Make a letter that has not been sent wait for its signature's release."""
    row = lock(session, signature_id)
    if row is None or row.way is not SendMethod.WE_SEND or row.state is LetterState.DRAFT:
        return
    if _not_started(session, row):
        _set_aside(row, LetterState.WAITING, WaitingFor.RELEASE, now)


def hold_back_queued(session: Session, now: datetime, limit: int) -> None:
    """Make letters wait that came back into the queue after their signatures were held."""
    rows = session.scalars(
        select(LetterRow)
        .join(SignatureRow, SignatureRow.id == LetterRow.id)
        .where(LetterRow.state == LetterState.QUEUED, SignatureRow.held)
        .limit(limit)
        # Lock the signatures too: one that is being released at this moment is skipped.
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        _set_aside(row, LetterState.WAITING, WaitingFor.RELEASE, now)


def _not_started(session: Session, row: LetterRow) -> bool:
    if row.state is LetterState.CLAIMED:
        return attempts.last_outcome(session, row) is not Outcome.STARTED
    return row.state in UNSENT_STATES


def _set_aside(
    row: LetterRow, state: LetterState, waiting_for: WaitingFor | None, now: datetime
) -> None:
    row.state, row.waiting_for, row.changed_at = state, waiting_for, now
    row.lease_until = row.lease_holder = None


def attempted_ids(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Return which of these letters were ever about to be sent: nobody can answer any other."""
    return set(
        session.scalars(
            select(AttemptRow.letter_id).where(
                AttemptRow.letter_id.in_(ids), AttemptRow.outcome == Outcome.STARTED
            )
        )
    )


def erase_personal_data(session: Session, signature_id: UUID) -> None:
    row = lock(session, signature_id)
    if row is not None:
        row.sealed = row.message = None
        sentences.delete_of_letter(session, signature_id)
        inbound.clear_of_letter(session, signature_id)


def count_queued_before(session: Session, row: LetterRow) -> int:
    """Return how many letters to the same ministry are sent before this one."""
    earlier = or_(
        LetterRow.due_at < row.due_at, and_(LetterRow.due_at == row.due_at, LetterRow.id < row.id)
    )
    statement = select(func.count()).where(
        LetterRow.government == row.government, LetterRow.state == LetterState.QUEUED, earlier
    )
    return session.scalar(statement) or 0


def count_queued_by_government(session: Session) -> dict[str, int]:
    statement = (
        select(LetterRow.government, func.count())
        .where(LetterRow.state == LetterState.QUEUED)
        .group_by(LetterRow.government)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def uncertain_letters(session: Session) -> Sequence[LetterRow]:
    """Return letters that a person has to release or drop, oldest first."""
    return session.scalars(
        select(LetterRow)
        .where(LetterRow.state == LetterState.UNCERTAIN)
        .order_by(LetterRow.changed_at, LetterRow.id)
    ).all()


def attempts_of(session: Session, letter_id: UUID) -> Sequence[AttemptRow]:
    return session.scalars(
        select(AttemptRow).where(AttemptRow.letter_id == letter_id).order_by(AttemptRow.id)
    ).all()


def was_accepted_live(session: Session, letter_id: UUID) -> bool:
    """Return whether a live transport's other side ever accepted it, whatever the site uses now."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    AttemptRow.letter_id == letter_id,
                    AttemptRow.outcome == Outcome.ACCEPTED,
                    AttemptRow.live,
                )
            )
        )
    )


def undelivered(session: Session) -> Sequence[LetterRow]:
    """Return letters that were not delivered: waiting, uncertain, ended, or failed for now.

    A letter that was never confirmed is not included: nobody asked for it to be sent.
    """
    failed_for_now = and_(LetterRow.state == LetterState.QUEUED, LetterRow.failures > 0)
    dropped_later = and_(LetterRow.state == LetterState.DROPPED, LetterRow.queued_at.is_not(None))
    return session.scalars(
        select(LetterRow)
        .where(or_(LetterRow.state.in_(_STUCK), failed_for_now, dropped_later))
        .order_by(LetterRow.changed_at.desc())
        .limit(200)
    ).all()


def last_reply(session: Session, letter_id: UUID) -> str:
    return (
        session.scalar(
            select(AttemptRow.reply)
            .where(AttemptRow.letter_id == letter_id)
            .order_by(AttemptRow.id.desc())
            .limit(1)
        )
        or ""
    )
