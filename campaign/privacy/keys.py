"""The keys' custody: do they fit this database, and sealing anew with the newest one."""

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
"""Values in one transaction, so that nobody waits long for one of them."""


def identity_fingerprint(keyring: Keyring) -> bytes:
    """Return what tells this identity key from another one, and nothing more."""
    return keyring.hash("mark", "")


def require_matching_keys(session: Session, keyring: Keyring) -> None:
    """Raise KeyMissing, in a sentence, if this database was filled with other keys.

    Of what is sealed only the first and the last signature are opened: this is asked often.
    With another identity key nobody who signed before would be recognised, and the stop
    list would be forgotten: so its mark is kept, and looked at before anything starts.
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
    """Raise KeyMissing if a key is missing that anything here is sealed with.

    As `require_matching_keys`, but for values of every kind; it reads whole tables.
    """
    require_keys(keyring, keys.find_keys_in_use(session))
    require_matching_keys(session, keyring)


def require_keys(keyring: Keyring, needed: KeysInUse) -> None:
    """Raise KeyMissing, naming each key that is needed and not in the settings."""
    if needed.identity not in {None, identity_fingerprint(keyring)}:
        raise KeyMissing("CAMPAIGN_IDENTITY_KEY is not the key that the hashes were made with")
    if missing := sorted(name.hex() for name in needed.sealing.difference(keyring.key_ids)):
        raise KeyMissing(
            "CAMPAIGN_SEALING_KEYS lacks what some of it was sealed with: the key"
            f" {' and the key '.join(missing)} (campaign keys list says how yours are called)"
        )


def register_identity_key(session: Session, keyring: Keyring) -> None:
    """Note which identity key a new database is filled with; raise as `require_matching_keys`."""
    require_matching_keys(session, keyring)
    keys.store_identity_fingerprint(session, identity_fingerprint(keyring))


@dataclass
class RotationProgress:
    """How far sealing anew is. `broken`: values that could not be opened and stay as they are."""

    done: int = 0
    broken: int = 0


def rotate_sealing_keys(database: Database, keyring: Keyring) -> Iterator[RotationProgress]:
    """Seal everything with the newest key, in short transactions, while the site runs.

    Yield how far it is after each. Ended at any point, it goes on where it was when it is
    called again: what the newest key has sealed is passed over.
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
    for row_id, value in rows:
        try:
            anew = keyring.reseal(row_id, sealed.name, value)
        except SealError:
            progress.broken += 1
            continue
        keys.update_sealed_value(session, sealed, row_id, anew)
        progress.done += 1
    return (rows[-1][0] if rows else after), len(rows)
