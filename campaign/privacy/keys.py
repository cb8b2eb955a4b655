"""The keys' custody: do they fit this database, and sealing anew with the newest one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.errors import KeyMissing, SealError
from campaign.privacy.queries import keys as custody
from campaign.signatures.queries import signatures
from campaign.signatures.sealing import open_person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.privacy.queries.keys import InUse, Sealed
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring

BATCH = 200
"""Values in one transaction, so that nobody waits long for one of them."""


def identity_mark(keyring: Keyring) -> bytes:
    """Return what tells this identity key from another one, and nothing more."""
    return keyring.hash("mark", "")


def must_fit(session: Session, keyring: Keyring) -> None:
    """Raise KeyMissing, in a sentence, if this database was filled with other keys.

    Of what is sealed only the first and the last signature are opened: this is asked often.
    With another identity key nobody who signed before would be recognised, and the stop
    list would be forgotten: so its mark is kept, and looked at before anything starts.
    """
    mark = custody.identity_mark(session)
    if mark is not None and mark != identity_mark(keyring):
        raise KeyMissing(
            "CAMPAIGN_IDENTITY_KEY is not the key that this database's hashes were made with"
        )
    for row in signatures.first_and_last_sealed(session):
        assert row.sealed is not None
        open_person(keyring, row.id, row.sealed)


def must_open_everything(session: Session, keyring: Keyring) -> None:
    """Raise KeyMissing if a key is missing that anything here is sealed with.

    As `must_fit`, but for values of every kind; it reads whole tables.
    """
    must_have(keyring, custody.in_use(session))
    must_fit(session, keyring)


def must_have(keyring: Keyring, needed: InUse) -> None:
    """Raise KeyMissing, naming each key that is needed and not in the settings."""
    if needed.identity not in {None, identity_mark(keyring)}:
        raise KeyMissing("CAMPAIGN_IDENTITY_KEY is not the key that the hashes were made with")
    if missing := sorted(name.hex() for name in needed.sealing.difference(keyring.names)):
        raise KeyMissing(
            "CAMPAIGN_SEALING_KEYS lacks what some of it was sealed with: the key"
            f" {' and the key '.join(missing)} (campaign keys list says how yours are called)"
        )


def adopt(session: Session, keyring: Keyring) -> None:
    """Note which identity key a new database is filled with; raise as `must_fit`."""
    must_fit(session, keyring)
    custody.note_identity_mark(session, identity_mark(keyring))


@dataclass
class Progress:
    """How far sealing anew is. `broken`: values that could not be opened and stay as they are."""

    done: int = 0
    broken: int = 0


def seal_anew(database: Database, keyring: Keyring) -> Iterator[Progress]:
    """Seal everything with the newest key, in short transactions, while the site runs.

    Yield how far it is after each. Ended at any point, it goes on where it was when it is
    called again: what the newest key has sealed is passed over.
    """
    progress = Progress()
    for sealed in custody.SEALED:
        last: UUID | None = None
        while True:
            with database.writing() as session:
                last, found = _batch(session, keyring, sealed, last, progress)
            yield progress
            if found < BATCH:
                break


def _batch(
    session: Session, keyring: Keyring, sealed: Sealed, after: UUID | None, progress: Progress
) -> tuple[UUID | None, int]:
    rows = custody.of_other_keys(session, sealed, keyring.newest, after, BATCH)
    for row_id, value in rows:
        try:
            anew = keyring.reseal(row_id, sealed.name, value)
        except SealError:
            progress.broken += 1
            continue
        custody.replace(session, sealed, row_id, anew)
        progress.done += 1
    return (rows[-1][0] if rows else after), len(rows)
