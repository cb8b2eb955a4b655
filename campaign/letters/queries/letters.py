"""Letters, and what is known of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, exists, func, insert, literal, or_, select

from campaign.campaigns.rows import CampaignRow
from campaign.errors import NotFound
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.letters.sealing import seal_letter
from campaign.signatures.queries import signatures
from campaign.signatures.rows import SignatureRow
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from campaign.letters.rules.letter import LetterDraft
    from campaign.store.keyring import Keyring

NOT_TO_BE_DROPPED = ~exists().where(
    CampaignRow.id == LetterRow.campaign_id, CampaignRow.drops_letters
)
"""A letter of no rehearsal, and of no campaign that was closed so that the unsent are dropped."""

_STUCK = (
    LetterState.WAITING,
    LetterState.UNCERTAIN,
    LetterState.REFUSED,
    LetterState.BOUNCED,
)


def add_drafts(
    session: Session,
    keyring: Keyring,
    signature: SignatureRow,
    written: Sequence[LetterDraft],
    now: datetime,
) -> None:
    """Store letters, unless their held signature stores them: by the same statement either way.

    They are ordered by id as they are given.
    """
    for letter_id, letter in zip(sorted(uuid7(now) for _ in written), written, strict=True):
        _add_draft(session, keyring, signature, letter_id, letter, now)


def _add_draft(
    session: Session,
    keyring: Keyring,
    signature: SignatureRow,
    letter_id: UUID,
    written: LetterDraft,
    now: datetime,
) -> None:
    columns = LetterRow.__table__.columns
    values = {
        "id": letter_id,
        "signature_id": signature.id,
        "campaign_id": signature.campaign_id,
        "recipient": written.recipient,
        "language": written.language,
        "send_method": written.send_method,
        "state": LetterState.DRAFT,
        "keys": written.keys.to_json(),
        "edited": written.edited,
        "sealed": seal_letter(keyring, signature.id, written.text, written.paragraph),
        "letter_date": now.date(),
        "changed_at": now,
    }
    named = [literal(value, columns[name].type).label(name) for name, value in values.items()]
    free = select(*named).where(SignatureRow.id == signature.id, ~SignatureRow.held)
    session.execute(insert(LetterRow).from_select(list(values), free))


def find(session: Session, letter_id: UUID) -> LetterRow | None:
    return session.get(LetterRow, letter_id)


def of_signature(session: Session, signature_id: UUID) -> Sequence[LetterRow]:
    """Return a signature's letters, in the order in which she saw them."""
    return session.scalars(
        select(LetterRow).where(LetterRow.signature_id == signature_id).order_by(LetterRow.id)
    ).all()


def with_ids(session: Session, ids: Collection[UUID]) -> Sequence[LetterRow]:
    """Return letters by their ids, in one query."""
    return session.scalars(select(LetterRow).where(LetterRow.id.in_(ids))).all()


def lock(session: Session, letter_id: UUID) -> LetterRow | None:
    return session.scalar(_locked(LetterRow.id == letter_id))


def lock_in_order(session: Session, ids: Collection[UUID]) -> Sequence[LetterRow]:
    """Return letters by their ids, ordered by id, locked until the transaction ends."""
    return session.scalars(_LOCKED_IN_ORDER, {"ids": list(ids)}).all()


def lock_claimed(session: Session, ids: Collection[UUID], message_id: UUID) -> int:
    """Lock those of these letters that a message has claimed; return how many they are."""
    claimed = {"ids": list(ids), "message": message_id}
    return len(session.connection().execute(_LOCKED_IF_CLAIMED, claimed).all())


def lock_of_signatures(session: Session, ids: Collection[UUID]) -> Sequence[LetterRow]:
    """Return the letters of these signatures, ordered by id, locked."""
    return session.scalars(_locked(LetterRow.signature_id.in_(ids))).all()


def lock_carried(
    session: Session, message_id: UUID, states: Collection[LetterState]
) -> Sequence[LetterRow]:
    """Return the letters in these states that a message carries, ordered by id, locked."""
    carried = LetterRow.outgoing_id == message_id
    return session.scalars(_locked(carried, LetterRow.state.in_(states))).all()


def lock_with_writer(session: Session, letter_id: UUID) -> tuple[SignatureRow, LetterRow]:
    """Return a letter and its writer's signature, locked: the signature first, as all code does.

    Raise NotFound for an unknown id.
    """
    found = find(session, letter_id)
    if found is None:
        raise NotFound(str(letter_id))
    signature = signatures.lock(session, found.signature_id)
    return signature, session.scalars(_locked(LetterRow.id == letter_id)).one()


def writers_of_carried(session: Session, message_id: UUID) -> Sequence[UUID]:
    """Return the signatures whose letters a message carries."""
    carried = LetterRow.outgoing_id == message_id
    return session.scalars(select(LetterRow.signature_id).where(carried)).all()


def _locked(*which: ColumnElement[bool]) -> Select[LetterRow]:
    return (
        select(LetterRow)
        .where(*which)
        .order_by(LetterRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


# Built once: they run for every letter that is sent, and building one takes longer than running it.
_AMONG = LetterRow.id.in_(bindparam("ids", expanding=True))
_LOCKED_IN_ORDER = _locked(_AMONG)
_LOCKED_IF_CLAIMED = (
    select(LetterRow.id)
    .where(
        _AMONG,
        LetterRow.outgoing_id == bindparam("message"),
        LetterRow.state == LetterState.CLAIMED,
    )
    .order_by(LetterRow.id)
    .with_for_update()
)


def count_of_revision(session: Session, revision_id: int) -> int:
    """Return how many letters were written under one wording of a campaign."""
    statement = select(func.count()).join(SignatureRow, SignatureRow.id == LetterRow.signature_id)
    written = LetterRow.state != LetterState.DRAFT, SignatureRow.revision_id == revision_id
    return session.scalar(statement.select_from(LetterRow).where(*written)) or 0


def count_queued_before(session: Session, row: LetterRow) -> int:
    """Return how many letters to the same recipient are sent before this one."""
    earlier = or_(
        LetterRow.due_at < row.due_at, and_(LetterRow.due_at == row.due_at, LetterRow.id < row.id)
    )
    statement = select(func.count()).where(
        LetterRow.recipient == row.recipient, LetterRow.state == LetterState.QUEUED, earlier
    )
    return session.scalar(statement) or 0


def count_queued_by_recipient(session: Session) -> dict[str, int]:
    statement = (
        select(LetterRow.recipient, func.count())
        .where(LetterRow.state == LetterState.QUEUED, NOT_TO_BE_DROPPED)
        .group_by(LetterRow.recipient)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def recipients_of_unsent(session: Session) -> set[str]:
    """Return the recipients of letters that are still to be sent, now or later."""
    unsent = LetterState.QUEUED, LetterState.WAITING, LetterState.UNCERTAIN
    statement = select(LetterRow.recipient).where(LetterRow.state.in_(unsent)).distinct()
    return set(session.scalars(statement))


def uncertain_letters(session: Session) -> Sequence[LetterRow]:
    """Return letters that a person has to release or drop, oldest first."""
    return session.scalars(
        select(LetterRow)
        .where(LetterRow.state == LetterState.UNCERTAIN)
        .order_by(LetterRow.changed_at, LetterRow.id)
    ).all()


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
