"""Hashing again by the newest identity rules what older rules hashed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from campaign.errors import SealError
from campaign.signatures.queries import same_person, signatures
from campaign.signatures.rules.identity import CURRENT_IDENTITY_VERSION
from campaign.signatures.rules.signature import SignatureState
from campaign.signatures.sealing import hash_identity, unseal_person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.signatures.rows import SignatureRow
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring

BATCH = 200
"""Signatures in one transaction: few enough that nobody waits long for one of them."""


@dataclass(frozen=True)
class DuplicatePair:
    """Two confirmed signatures of one person that older rules took for two people's."""

    earlier: UUID
    later: UUID


@dataclass
class RehashProgress:
    """Progress of hashing again. `unreadable`: values that could not be opened and stay as is."""

    done: int = 0
    unreadable: int = 0
    duplicates: list[DuplicatePair] = field(default_factory=list)


def rehash(database: Database, keyring: Keyring) -> Iterator[RehashProgress]:
    """Hash every signature's address by the newest rules, while the site runs.

    Yield the progress after each short transaction. If it is stopped, it continues where it was
    when it is called again. Of two confirmed signatures that turn out to be one person's
    the later keeps its old hash and version: both stay, and are found again by each run.
    Pending ones are left alone: the link that stops their mail contains the hash that they
    have. They get the newest when they are confirmed, or expire within seven days.
    """
    progress, last = RehashProgress(), None
    while True:
        with database.writing() as session:
            rows = same_person.lock_next_to_rehash(session, CURRENT_IDENTITY_VERSION, last, BATCH)
            for row in rows:
                _rehash(session, keyring, row, progress)
                last = row.id
        yield progress
        if len(rows) < BATCH:
            return


def _rehash(
    session: Session, keyring: Keyring, row: SignatureRow, progress: RehashProgress
) -> None:
    assert row.sealed is not None
    try:
        newest = hash_identity(keyring, unseal_person(keyring, row.id, row.sealed).email)
    except SealError:
        progress.unreadable += 1
        return
    twin = _twin(session, row, newest) if row.state is SignatureState.CONFIRMED else None
    if twin is not None:
        _keep_both(session, keyring, row, twin, progress)
    elif same_person.try_set_identity(session, row, newest, CURRENT_IDENTITY_VERSION):
        progress.done += 1


def _twin(session: Session, row: SignatureRow, newest: bytes) -> SignatureRow | None:
    """Return who stands where this row is to go, locked: she may be deleting at this moment."""
    found = same_person.find_confirmed_by_identity(session, row.campaign_id, (newest,))
    if found is None or found.id == row.id:
        return None
    locked = signatures.lock(session, found.id)
    return (
        locked if locked.state is SignatureState.CONFIRMED and locked.sealed is not None else None
    )


def _keep_both(
    session: Session,
    keyring: Keyring,
    row: SignatureRow,
    twin: SignatureRow,
    progress: RehashProgress,
) -> None:
    """Leave the later of two under older rules. `twin` has the newest hash; `row` has not."""
    earlier, later = sorted((row, twin), key=lambda one: (one.confirmed_at, one.id))
    progress.duplicates.append(DuplicatePair(earlier.id, later.id))
    if later is row:
        return
    assert later.sealed is not None
    assert row.identity_rules is not None
    newest, version = later.identity_hash, row.identity_rules
    assert newest is not None
    address = unseal_person(keyring, later.id, later.sealed).email
    # None in between: the index applies while one has the newest hash and the other the older.
    row.identity_hash = None
    session.flush()
    same_person.try_set_identity(session, later, hash_identity(keyring, address, version), version)
    progress.done += same_person.try_set_identity(session, row, newest, CURRENT_IDENTITY_VERSION)
