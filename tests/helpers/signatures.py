"""Many confirmed signatures with queued letters, made faster than people sign."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, SendMethod
from campaign.recipients.rules.recipient import recipient_key
from campaign.signatures.queries import counts
from campaign.signatures.rows import EventRow, SignatureRow
from campaign.signatures.rules.signature import (
    EventKind,
    HoldReason,
    Origin,
    Person,
    SignatureState,
)
from campaign.signatures.sealing import hash_person, seal_person
from campaign.store.ids import uuid7
from tests.clock import START

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.container import Container


def add_confirmed(
    container: Container,
    many: int,
    domain: str = "script.example",
    name: str = "Testa Example",
    **values: Any,
) -> list[UUID]:
    """Add signatures of the first campaign, confirmed and counted at the clock's start."""
    held = values.get("held", False)
    if held:
        values.setdefault("held_for", HoldReason.ORGANISER)
    rows = [_row(container, number, (name, domain), values) for number in range(many)]
    with container.database.writing() as session:
        session.add_all(rows)
        session.flush()
        session.execute(insert(EventRow), [_event(row, held=held) for row in rows])
        session.execute(insert(LetterRow), [_letter(row, held=held) for row in rows])
        _count(session, rows, held=held)
    return [row.id for row in rows]


def _row(
    container: Container, number: int, whose: tuple[str, str], values: dict[str, Any]
) -> SignatureRow:
    identifier = uuid7(START + timedelta(milliseconds=number))
    name, domain = whose
    person = Person(name, f"testa{identifier.hex}@{domain}")
    hashes = hash_person(container.keyring, person)
    made: dict[str, Any] = {
        "id": identifier,
        "campaign_id": 1,
        "revision_id": 1,
        "government": "DE",
        "language": "en",
        "origin": Origin.ONLINE,
        "source": "",
        "state": SignatureState.CONFIRMED,
        "held": False,
        "identity_hash": hashes.identity,
        "identity_rules": hashes.rules_version,
        "email_hash": hashes.email,
        "domain_hash": hashes.domain,
        "name_hash": hashes.name,
        "sealed": seal_person(container.keyring, identifier, person),
        "send_letter": True,
        "code_tries": 0,
        "created_at": START,
        "confirmed_at": START,
        "counted_day": START.date(),
    }
    return SignatureRow(**made | values)


def _event(row: SignatureRow, *, held: bool) -> dict[str, Any]:
    return {
        "signature_id": row.id,
        "kind": EventKind.CONFIRMED,
        "effect": 0 if held else 1,
        "day": row.counted_day,
        "at": START,
    }


def _letter(row: SignatureRow, *, held: bool) -> dict[str, Any]:
    return {
        "id": uuid7(START),
        "signature_id": row.id,
        "campaign_id": row.campaign_id,
        "recipient": recipient_key(row.government),
        "language": "de",
        "send_method": SendMethod.WE_SEND,
        "state": LetterState.WAITING if held else LetterState.QUEUED,
        "waiting_for": "release" if held else None,
        "queued_at": START,
        "due_at": START + timedelta(days=300),
        "keys": {},
        "letter_date": START.date(),
        "changed_at": START,
    }


def _count(session: Session, rows: list[SignatureRow], *, held: bool) -> None:
    if not held:
        counts.adjust_all(session, [(row, 1) for row in rows])
