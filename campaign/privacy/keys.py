"""Key management: check that the keys fit this database, and reseal with the newest one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.errors import KeyMissing, SealError
from campaign.privacy.queries import keys
from campaign.signatures.queries import signatures
from campaign.signatures.sealing import unseal_person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.privacy.queries.keys import KeysInUse, SealedColumn
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring

BATCH = 200
"""Values per transaction; few, so that nobody waits long for one."""


def identity_fingerprint(keyring: Keyring) -> bytes:
    """Return a fingerprint that distinguishes identity keys and reveals nothing else."""
    return keyring.hash("mark", "")


def require_matching_keys(session: Session, keyring: Keyring) -> None:
    """Raise KeyMissing, with a sentence, if this database was filled with other keys.

    Of the sealed values, only the first and the last signature are opened, because this is called
    often. With another identity key nobody who signed before would be recognised, and suppressed
    addresses would no longer be found: so its fingerprint is stored, and checked before anything
    starts.
    """
    mark = keys.find_identity_fingerprint(session)
    if mark is not None and mark != identity_fingerprint(keyring):
        raise KeyMissing(
            "CAMPAIGN_IDENTITY_KEY is not the key that this database's hashes were made with"
        )
    for row in signatures.first_and_last_sealed(session):
        assert row.sealed is not None
        unseal_person(keyring, row.id, row.sealed)


def require_all_keys(session: Session, keyring: Keyring) -> None:
    """Raise KeyMissing if a key is missing that anything here was sealed with.

    Like `require_matching_keys`, but for values of every kind; it reads whole tables.
    """
    require_keys(keyring, keys.find_keys_in_use(session))
    require_matching_keys(session, keyring)


def require_keys(keyring: Keyring, needed: KeysInUse) -> None:
    """Raise KeyMissing, naming each needed key that is not in the settings."""
    if needed.identity not in {None, identity_fingerprint(keyring)}:
        raise KeyMissing("CAMPAIGN_IDENTITY_KEY is not the key that the hashes were made with")
    if missing := sorted(name.hex() for name in needed.sealing.difference(keyring.key_ids)):
        raise KeyMissing(
            "CAMPAIGN_SEALING_KEYS lacks what some of it was sealed with: the key"
            f" {' and the key '.join(missing)} (campaign keys list says how yours are called)"
        )


def register_identity_key(session: Session, keyring: Keyring) -> None:
    """Store a new database's identity fingerprint; raise like `require_matching_keys`."""
    require_matching_keys(session, keyring)
    keys.store_identity_fingerprint(session, identity_fingerprint(keyring))


@dataclass
class RotationProgress:
    """Progress of resealing. `broken`: values that could not be opened and stay unchanged."""

    done: int = 0
    broken: int = 0


def rotate_sealing_keys(database: Database, keyring: Keyring) -> Iterator[RotationProgress]:
    """Reseal everything with the newest key, in short transactions, while the site runs.

    Yield the progress after each transaction. If interrupted, the next call resumes: values sealed
    with the newest key are skipped.
    """
    progress = RotationProgress()
    for sealed in keys.SEALED_COLUMNS:
        last: UUID | None = None
        while True:
            with database.writing() as session:
                last, found = _batch(session, keyring, sealed, last, progress)
            yield progress
            if found < BATCH:
                break


def _batch(
    session: Session,
    keyring: Keyring,
    sealed: SealedColumn,
    after: UUID | None,
    progress: RotationProgress,
) -> tuple[UUID | None, int]:
    rows = keys.next_to_reseal(session, sealed, keyring.newest, after, BATCH)
    for row_id, bound_to, value in rows:
        try:
            anew = keyring.reseal(bound_to, sealed.name, value)
        except SealError:
            progress.broken += 1
            continue
        keys.update_sealed_value(session, sealed, row_id, anew)
        progress.done += 1
    return (rows[-1][0] if rows else after), len(rows)
