"""Who counts as the same person: find, lock and confirm rows by keyed hashes of the address."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from campaign.errors import AlreadySigned, SealError
from campaign.signatures.queries import events
from campaign.signatures.rows import ONE_PER_PERSON_INDEX, SignatureRow
from campaign.signatures.rules.identity import CURRENT_IDENTITY_VERSION
from campaign.signatures.rules.signature import EventKind, SignatureState
from campaign.signatures.sealing import hash_identities, unseal_person

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.store.keyring import Keyring


def lock_next_to_rehash(
    session: Session, newest: int, after: UUID | None, limit: int
) -> Sequence[SignatureRow]:
    """Return signatures hashed under rules before `newest`, locked in the order of their ids.

    Without those that are pending, and those that no longer hold any personal data.
    """
    statement = (
        select(SignatureRow)
        .where(
            SignatureRow.identity_rules < newest,
            SignatureRow.sealed.is_not(None),
            SignatureRow.state != SignatureState.PENDING,
        )
        .order_by(SignatureRow.id)
        .limit(limit)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if after is not None:
        statement = statement.where(SignatureRow.id > after)
    return session.scalars(statement).all()


def identity_hashes_of(keyring: Keyring, row: SignatureRow) -> tuple[bytes, ...]:
    """Return the keyed hashes of a row's person under every version of the rules.

    The newest first; none if everything personal is erased. If the sealed value cannot be
    opened, the hash that is stored with it is returned.
    """
    if row.sealed is None or row.identity_hash is None:
        return ()
    try:
        person = unseal_person(keyring, row.id, row.sealed)
    except SealError:
        return (row.identity_hash,)
    return hash_identities(keyring, person.email)


def find_confirmed_by_identity(
    session: Session, campaign_id: int, identities: tuple[bytes, ...]
) -> SignatureRow | None:
    """Return the person's confirmed signature of this campaign, if there is one.

    Of two that older rules took for two persons, the earlier is returned.
    """
    return session.scalar(
        select(SignatureRow)
        .where(
            SignatureRow.campaign_id == campaign_id,
            SignatureRow.identity_hash.in_(identities),
            SignatureRow.state == SignatureState.CONFIRMED,
        )
        .order_by(SignatureRow.confirmed_at, SignatureRow.id)
        .limit(1)
    )


def confirm(session: Session, keyring: Keyring, row: SignatureRow, now: datetime) -> int:
    """Confirm a signature, or raise AlreadySigned if the person has another confirmed one.

    The database decides: two devices can confirm two submissions at the same moment. Return the
    effect on the count.
    """
    with _unique_per_person(session, keyring, row):
        row.confirmed_at = now
        return events.apply(session, row, EventKind.CONFIRMED, now)


def restore(session: Session, keyring: Keyring, row: SignatureRow, now: datetime) -> int:
    """Make an invalidated signature confirmed again, with its original confirmation time.

    Raise AlreadySigned if the person has another one by now. Return the effect on the count.
    """
    with _unique_per_person(session, keyring, row):
        return events.apply(session, row, EventKind.RESTORED, now)


def try_set_identity(session: Session, row: SignatureRow, identity: bytes, version: int) -> bool:
    """Store the hash that a version of the rules makes; return False if another row has it.

    That one was confirmed at this very moment.
    """
    try:
        with session.begin_nested():
            row.identity_hash, row.identity_rules = identity, version
            session.flush()
    except IntegrityError as error:
        if not violates_one_per_person(error):
            raise
        return False
    return True


@contextmanager
def _unique_per_person(session: Session, keyring: Keyring, row: SignatureRow) -> Iterator[None]:
    """Let a row become confirmed under the newest rules, where one index guards all such rows.

    Rows that older rules confirmed, and that have not been hashed again yet, are checked by a
    query as well.
    """
    hashes = identity_hashes_of(keyring, row)
    if len(hashes) > 1 and find_confirmed_by_identity(session, row.campaign_id, hashes) is not None:
        raise AlreadySigned(str(row.id))
    try:
        with session.begin_nested():
            if hashes and row.identity_rules != CURRENT_IDENTITY_VERSION:
                row.identity_hash, row.identity_rules = hashes[0], CURRENT_IDENTITY_VERSION
            yield
            session.flush()
    except IntegrityError as error:
        if not violates_one_per_person(error):
            raise
        raise AlreadySigned(str(row.id)) from error


def lock_other_pending(
    session: Session, keyring: Keyring, row: SignatureRow
) -> Sequence[SignatureRow]:
    """Return the person's other pending submissions to the same campaign, locked.

    One that is being confirmed elsewhere at this moment is skipped, because two confirmations
    that waited for each other would both fail; it fails by itself.
    """
    return session.scalars(
        select(SignatureRow)
        .where(
            SignatureRow.identity_hash.in_(identity_hashes_of(keyring, row)),
            SignatureRow.campaign_id == row.campaign_id,
            SignatureRow.state == SignatureState.PENDING,
            SignatureRow.id != row.id,
        )
        .with_for_update(skip_locked=True, key_share=True)
    ).all()


def lock_pending_of(session: Session, identity_hash: bytes) -> Sequence[SignatureRow]:
    """Return a person's pending submissions to any campaign, locked in one order."""
    return session.scalars(
        select(SignatureRow)
        .where(
            SignatureRow.identity_hash == identity_hash,
            SignatureRow.state == SignatureState.PENDING,
        )
        .order_by(SignatureRow.id)
        .with_for_update(key_share=True)
    ).all()


def violates_one_per_person(error: IntegrityError) -> bool:
    """Return whether an error is from this index: PostgreSQL names it, SQLite names its columns."""
    message = str(error.orig)
    return ONE_PER_PERSON_INDEX in message or "signatures.identity_hash" in message
