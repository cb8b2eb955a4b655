"""Signatures: find, lock, erase and list them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, select, update

from campaign.errors import NotFound
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import MAX_CODE_TRIES, SignatureState
from campaign.signatures.sealing import hash_person, seal_person

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from campaign.signatures.rules.signature import Person
    from campaign.store.keyring import Keyring


# Built once, because they run for every message.
_FOR_UPDATE = (
    select(SignatureRow).with_for_update(key_share=True).execution_options(populate_existing=True)
)
_LOCKED = _FOR_UPDATE.where(SignatureRow.id == bindparam("wanted"))
_LOCKED_IN_ORDER = _FOR_UPDATE.where(
    SignatureRow.id.in_(bindparam("ids", expanding=True))
).order_by(SignatureRow.id)


def find(session: Session, signature_id: UUID) -> SignatureRow | None:
    return session.get(SignatureRow, signature_id)


def has_signatures(session: Session, campaign_id: int) -> bool:
    """Return whether anybody has signed a campaign, confirmed or not."""
    return bool(session.scalar(select(exists().where(SignatureRow.campaign_id == campaign_id))))


def with_ids(session: Session, ids: Iterable[UUID]) -> Sequence[SignatureRow]:
    """Return the signatures with these ids, in one query."""
    wanted = SignatureRow.id.in_(set(ids))
    return session.scalars(select(SignatureRow).where(wanted)).all()


def lock(session: Session, signature_id: UUID) -> SignatureRow:
    """Return the row, locked until the transaction ends, or raise NotFound.

    Like all locks here it does not lock the key: rows that refer to it, such as its mails, are
    still written by others (postgresql.org/docs/current/explicit-locking.html).
    """
    row = session.scalar(_LOCKED, {"wanted": signature_id})
    if row is None:
        raise NotFound(str(signature_id))
    return row


def lock_in_order(session: Session, ids: Collection[UUID]) -> dict[UUID, SignatureRow]:
    """Lock signatures by id, before their letters, as all code does that locks several."""
    return {row.id: row for row in session.scalars(_LOCKED_IN_ORDER, {"ids": list(ids)})}


def held_confirmed_with_letter(session: Session) -> Sequence[SignatureRow]:
    """Return confirmed signatures that are held, and whose letter is held with them."""
    return session.scalars(
        select(SignatureRow)
        .where(
            SignatureRow.state == SignatureState.CONFIRMED, SignatureRow.held_letter.is_not(None)
        )
        .order_by(SignatureRow.id)
    ).all()


def first_and_last_sealed(session: Session) -> Sequence[SignatureRow]:
    """Return the oldest and the newest signature that hold something sealed."""
    sealed = select(SignatureRow).where(SignatureRow.sealed.is_not(None))
    ends = (SignatureRow.id, SignatureRow.id.desc())
    return [row for end in ends for row in session.scalars(sealed.order_by(end).limit(1))]


def count_code_try(session: Session, signature_id: UUID) -> int:
    """Count one typed code, right or wrong, and return how many there were.

    Once the allowed tries are exceeded the number stays unchanged.
    """
    counted = (
        update(SignatureRow)
        .where(SignatureRow.id == signature_id, SignatureRow.code_tries <= MAX_CODE_TRIES)
        .values(code_tries=SignatureRow.code_tries + 1)
        .returning(SignatureRow.code_tries)
    )
    return session.scalar(counted) or MAX_CODE_TRIES + 1


def lock_same_address(session: Session, row: SignatureRow) -> Sequence[SignatureRow]:
    """Return this and all submissions to the same campaign from exactly the same address, locked.

    Not by the identity: a link that was mailed to one mailbox gives no power over another.
    Locked by one statement in one order, so that two of these never wait for each other.
    """
    locked = (
        _same_address(row).with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    return session.scalars(locked).all()


def find_same_address(session: Session, row: SignatureRow) -> Sequence[SignatureRow]:
    """Return this and all submissions to the same campaign from exactly the same address."""
    return session.scalars(_same_address(row)).all()


def _same_address(row: SignatureRow) -> Select[SignatureRow]:
    return (
        select(SignatureRow)
        .where(
            SignatureRow.email_hash == row.email_hash,
            SignatureRow.campaign_id == row.campaign_id,
        )
        .order_by(SignatureRow.id)
    )


def lock_pending_before(session: Session, moment: datetime, limit: int) -> Sequence[SignatureRow]:
    return session.scalars(
        select(SignatureRow)
        .where(SignatureRow.state == SignatureState.PENDING, SignatureRow.created_at < moment)
        .order_by(SignatureRow.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()


def lock_unreminded_between(
    session: Session, first: datetime, moment: datetime, limit: int
) -> Sequence[SignatureRow]:
    """Return pending signatures made in that time without a reminder yet, locked."""
    return session.scalars(
        select(SignatureRow)
        .where(
            SignatureRow.state == SignatureState.PENDING,
            SignatureRow.created_at >= first,
            SignatureRow.created_at < moment,
            SignatureRow.reminded_at.is_(None),
        )
        .order_by(SignatureRow.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()


def clear_personal_data(row: SignatureRow) -> None:
    """Remove the sealed values and every keyed hash."""
    row.sealed = row.held_letter = None
    row.identity_hash = row.email_hash = row.domain_hash = row.name_hash = None
    row.submission_hash = None
    row.identity_rules = None


def set_person(row: SignatureRow, keyring: Keyring, person: Person) -> None:
    """Replace what the person said about herself; the row must be locked."""
    hashes = hash_person(keyring, person)
    row.sealed = seal_person(keyring, row.id, person)
    row.name_hash = hashes.name


@dataclass(frozen=True)
class Signatory:
    """A signatory who agreed to be shown, as stored. `revision_id`: what she endorsed."""

    id: UUID
    government: str
    revision_id: int
    sealed: bytes
    confirmed_at: datetime


def list_signatories(
    session: Session, campaign_id: int, before: datetime | None, skip: int, limit: int
) -> list[Signatory]:
    """Return signatories who agreed to be shown, the newest first.

    `before`: start at that moment. `skip`: how many rows of that same moment to pass over.
    """
    statement = (
        select(
            SignatureRow.id,
            SignatureRow.government,
            SignatureRow.revision_id,
            SignatureRow.sealed,
            SignatureRow.confirmed_at,
        )
        .where(
            SignatureRow.campaign_id == campaign_id,
            SignatureRow.state == SignatureState.CONFIRMED,
            SignatureRow.show_name,
            ~SignatureRow.held,
            SignatureRow.sealed.is_not(None),
        )
        .order_by(SignatureRow.confirmed_at.desc(), SignatureRow.id.desc())
        .limit(limit)
        .offset(skip)
    )
    if before is not None:
        statement = statement.where(SignatureRow.confirmed_at <= before)
    return [Signatory(*row) for row in session.execute(statement)]  # type: ignore[arg-type]
