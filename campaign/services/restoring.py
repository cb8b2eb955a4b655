"""Put a restored database right: what people took back since, and what may have left since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from campaign.domain.delivery import LIVE_TRANSPORT
from campaign.domain.log import Action, Cause
from campaign.domain.signature import Consent, State
from campaign.services import keys
from campaign.services.acting import note
from campaign.services.forgetting import forget
from campaign.services.own_page import withdraw_row
from campaign.services.signing import stop_mail
from campaign.store import (
    consents,
    counts,
    held_letters,
    letter_caps,
    letters,
    restored,
    signatures,
)
from campaign.store.ledger import Taken

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.store.ledger import Entry
    from campaign.store.rows import SignatureRow
    from campaign.store.vault import Vault

_UNSEEN = ""
"""Evidence of a consent that was taken back again by a restore: its words were seen before."""


@dataclass(frozen=True)
class Restored:
    """Which backup, what the site sends with, and who restored it."""

    made_at: str
    transport: str
    by: str


@dataclass(frozen=True)
class Settled:
    """What was done again, and what waits for a person's decision."""

    taken_back: int
    uncertain: int
    held: int
    organisers: list[str]


def settle(
    session: Session,
    vault: Vault,
    ledger: Iterable[Entry],
    backup: Restored,
    now: datetime,
) -> Settled:
    """Do again what people took back; keep from leaving twice what may have left since.

    Letters that had not left when the backup was made are uncertain: they may have left
    since, and a person says which go. Who had not confirmed then is held when she does it
    again, with her letter. All organisers have to sign in again.
    """
    keys.must_fit(session, vault)
    _note_letters(session, vault, backup, now)
    taken_back = sum(_take_back(session, entry, now) for entry in ledger)
    settled = Settled(
        taken_back=taken_back,
        uncertain=_make_uncertain(session, vault, backup.transport, now),
        held=restored.hold_pending(session),
        organisers=[
            vault.open_organiser(*row) for row in restored.sign_everybody_out(session, now)
        ],
    )
    about = f"backup of {backup.made_at}"
    note(session, Cause(backup.by, "restored"), Action.RESTORED, about, now, number=taken_back)
    return settled


def _note_letters(session: Session, vault: Vault, backup: Restored, now: datetime) -> None:
    """Note letters that may have left since, before it is forgotten whose they were.

    Else whoever deleted since the backup, or does it now, could have a second one sent.
    """
    live = backup.transport == LIVE_TRANSPORT
    caps = [
        cap
        for identity, campaign_id, government in restored.writers_of_not_left(session)
        for cap in vault.letter_caps((identity,), campaign_id, government, live=live)
    ]
    letter_caps.note(session, caps, now.date())


def _make_uncertain(session: Session, vault: Vault, transport: str, now: datetime) -> int:
    """Make what had not left uncertain, also letters that lay with confirmed, held signatures."""
    for row in signatures.confirmed_with_letter(session):
        held_letters.make_row(session, vault, row, now)
    session.flush()
    return restored.make_uncertain(session, transport, now)


def _take_back(session: Session, entry: Entry, now: datetime) -> bool:
    """Do again what one entry says; False if it is so already, or about nothing that is here."""
    if entry.taken is Taken.STOPPED:
        return stop_mail(session, bytes.fromhex(entry.subject), now)
    identifier, _, purpose = entry.subject.partition(" ")
    row = signatures.find(session, UUID(identifier))
    if row is None or row.sealed is None:
        return False
    row = signatures.lock(session, row.id)
    if entry.taken is Taken.UNSAID:
        return _unsay(session, row, Consent(purpose), now)
    if entry.taken in {Taken.WITHDRAWN, Taken.DELETED} and row.state is not State.WITHDRAWN:
        counts.apply(session, row, withdraw_row(session, row, now))
    elif entry.taken is Taken.WITHDRAWN:
        return False
    if entry.taken in {Taken.DELETED, Taken.ENDED}:
        forget(session, row, now)
    return True


def _unsay(session: Session, row: SignatureRow, purpose: Consent, now: datetime) -> bool:
    if not getattr(row, purpose):
        return False
    consents.set_given(session, row, {purpose: False}, {purpose: _UNSEEN}, row.language, now)
    if purpose is Consent.SEND_LETTER:
        letters.drop_unclaimed(session, row.id, now)
    return True
