"""Letters of signatures that were held on arrival: sealed with them, without rows until release.

So a flood leaves nothing in the queue. Everything that makes the row is in one sealed value.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from campaign.campaigns.rules.letter import LetterText
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, SendMethod, WaitingFor
from campaign.letters.sealing import (
    seal_held_letter,
    seal_letter,
    unseal_held_letter,
    unseal_letter,
)
from campaign.recipients.rules.recipient import recipient_key
from campaign.signatures.rules.signature import SignatureState
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.letters.rules.letter import LetterDraft
    from campaign.signatures.rows import SignatureRow
    from campaign.store.keyring import Keyring

_SET_BY_SUPPORTER = frozenset({LetterState.SELF_REPORTED, LetterState.PRINTED, LetterState.DROPPED})
"""States that she sets herself; any other follows from her signature's."""


def seal_draft(keyring: Keyring, signature_id: UUID, written: LetterDraft, dated: date) -> bytes:
    """Return a letter as it is stored with its signature: byte for byte as it was previewed."""
    values = {
        "recipient": written.recipient,
        "language": written.language,
        "way": written.send_method,
        "state": LetterState.DRAFT,
        "keys": written.keys.to_json(),
        "edited": written.edited,
        "dated": dated.isoformat(),
    }
    return _sealed(keyring, signature_id, values, written.text, written.paragraph)


def open_held(keyring: Keyring, signature: SignatureRow) -> LetterRow | None:
    """Return the letter stored with a signature, as a row without a session; None if there is none.

    Raise SealError if it cannot be opened.
    """
    if signature.held_letter is None:
        return None
    value = unseal_held_letter(keyring, signature.id, signature.held_letter)
    text = LetterText(value["subject"], value["salutation"], value["body"])
    method, state = SendMethod(value["way"]), LetterState(value["state"])
    if state not in _SET_BY_SUPPORTER:
        state = _state(signature, method)
    letter_id = uuid7(signature.created_at)
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


def reseal_into(keyring: Keyring, signature: SignatureRow, letter: LetterRow) -> None:
    """Reseal a letter that `open_held` returned into its signature, with its changes."""
    assert letter.sealed is not None  # `open_held` sealed it
    text, paragraph = unseal_letter(keyring, letter.signature_id, letter.sealed)
    values = {
        "recipient": letter.recipient,
        "language": letter.language,
        "way": letter.send_method,
        "state": letter.state if letter.state in _SET_BY_SUPPORTER else LetterState.DRAFT,
        "keys": letter.keys,
        "edited": letter.edited,
        "dated": letter.letter_date.isoformat(),
    }
    signature.held_letter = _sealed(keyring, signature.id, values, text, paragraph)


def move_to_letters(
    session: Session, keyring: Keyring, signature: SignatureRow, now: datetime
) -> LetterRow | None:
    """Create the row of the letter stored with a signature; raise SealError like `open_held`."""
    letter = open_held(keyring, signature)
    if letter is not None:
        letter.changed_at, signature.held_letter = now, None
        session.add(letter)
    return letter


def _state(signature: SignatureRow, method: SendMethod) -> LetterState:
    if signature.state not in {SignatureState.PENDING, SignatureState.CONFIRMED}:
        return LetterState.DROPPED
    if signature.state is SignatureState.CONFIRMED and method is SendMethod.WE_SEND:
        return LetterState.WAITING
    return LetterState.DRAFT


def _sealed(
    keyring: Keyring, signature_id: UUID, values: dict[str, Any], text: LetterText, paragraph: str
) -> bytes:
    whole = {
        **values,
        "subject": text.subject,
        "salutation": text.salutation,
        "body": text.body,
        "paragraph": paragraph,
    }
    return seal_held_letter(keyring, signature_id, whole)
