"""Letters of signatures that were held on arrival: sealed with them, without rows until release.

So a flood leaves nothing in the queue. Everything that makes the row is in one sealed value.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from campaign.campaigns.rules.letter import LetterText
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, SendMethod, WaitingFor
from campaign.letters.sealing import (
    seal_held_letters,
    seal_letter,
    unseal_held_letters,
    unseal_letter,
)
from campaign.recipients.rules.recipient import recipient_key
from campaign.signatures.rules.signature import SignatureState
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.letters.rules.letter import LetterDraft
    from campaign.signatures.rows import SignatureRow
    from campaign.store.keyring import Keyring

_SET_BY_SUPPORTER = frozenset({LetterState.SELF_REPORTED, LetterState.PRINTED, LetterState.DROPPED})
"""States that she sets herself; any other follows from her signature's."""


def seal_drafts(
    keyring: Keyring, signature_id: UUID, written: Sequence[LetterDraft], dated: date
) -> bytes:
    """Return letters as they are stored with their signature: byte for byte as previewed."""
    values = [
        {
            "recipient": one.recipient,
            "language": one.language,
            "way": one.send_method,
            "state": LetterState.DRAFT,
            "keys": one.keys.to_json(),
            "edited": one.edited,
            "dated": dated.isoformat(),
            **asdict(one.text),
            "paragraph": one.paragraph,
        }
        for one in written
    ]
    return seal_held_letters(keyring, signature_id, values)


def open_held(keyring: Keyring, signature: SignatureRow) -> list[LetterRow]:
    """Return the letters stored with a signature, as rows without a session, in her order.

    Raise SealError if they cannot be opened.
    """
    if signature.held_letter is None:
        return []
    values = unseal_held_letters(keyring, signature.id, signature.held_letter)
    ids = sorted(uuid7(signature.created_at) for _ in values)
    return [
        _as_row(keyring, signature, letter_id, value)
        for letter_id, value in zip(ids, values, strict=True)
    ]


def reseal_into(keyring: Keyring, signature: SignatureRow, letters: Sequence[LetterRow]) -> None:
    """Reseal all letters that `open_held` returned into their signature, with their changes."""
    values = [_as_value(keyring, letter) for letter in letters]
    signature.held_letter = seal_held_letters(keyring, signature.id, values)


def move_to_letters(
    session: Session, keyring: Keyring, signature: SignatureRow, now: datetime
) -> None:
    """Create the rows of the letters stored with a signature; raise SealError like `open_held`."""
    for letter in open_held(keyring, signature):
        letter.changed_at = now
        session.add(letter)
    signature.held_letter = None


def _as_row(
    keyring: Keyring, signature: SignatureRow, letter_id: UUID, value: Mapping[str, Any]
) -> LetterRow:
    text = LetterText(value["subject"], value["salutation"], value["body"])
    method, state = SendMethod(value["way"]), LetterState(value["state"])
    if state not in _SET_BY_SUPPORTER:
        state = _state(signature, method)
    return LetterRow(
        id=letter_id,
        signature_id=signature.id,
        campaign_id=signature.campaign_id,
        # Those of earlier versions were all for foreign ministries.
        recipient=value.get("recipient") or recipient_key(signature.government),
        language=value["language"],
        send_method=method,
        state=state,
        waiting_for=WaitingFor.RELEASE if state is LetterState.WAITING else None,
        keys=value["keys"],
        edited=value["edited"],
        sealed=seal_letter(keyring, signature.id, text, value["paragraph"]),
        letter_date=date.fromisoformat(value["dated"]),
        failures=0,
        changed_at=signature.confirmed_at or signature.created_at,
    )


def _as_value(keyring: Keyring, letter: LetterRow) -> dict[str, Any]:
    assert letter.sealed is not None  # `open_held` sealed it
    text, paragraph = unseal_letter(keyring, letter.signature_id, letter.sealed)
    return {
        "recipient": letter.recipient,
        "language": letter.language,
        "way": letter.send_method,
        "state": letter.state if letter.state in _SET_BY_SUPPORTER else LetterState.DRAFT,
        "keys": letter.keys,
        "edited": letter.edited,
        "dated": letter.letter_date.isoformat(),
        **asdict(text),
        "paragraph": paragraph,
    }


def _state(signature: SignatureRow, method: SendMethod) -> LetterState:
    if signature.state not in {SignatureState.PENDING, SignatureState.CONFIRMED}:
        return LetterState.DROPPED
    if signature.state is SignatureState.CONFIRMED and method is SendMethod.WE_SEND:
        return LetterState.WAITING
    return LetterState.DRAFT
