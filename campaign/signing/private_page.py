"""What a supporter does on her private page: correct, rewrite, report, withdraw, delete."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campaign.campaigns.queries.campaigns import wording_numbers
from campaign.campaigns.rules.campaign import Consent
from campaign.delivery import queue_letter
from campaign.delivery.queries import attempts, mails, unsent
from campaign.delivery.queries.attempts import find_handover
from campaign.delivery.rules.outgoing import OutgoingKind, OutgoingState
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters import held_letters
from campaign.letters.queries import letters
from campaign.letters.rules.letter import UNSENT_STATES, LetterState, SendMethod
from campaign.letters.sealing import seal_letter, unseal_letter
from campaign.privacy.erase import erase_signature
from campaign.privacy.ledger import LedgerAction
from campaign.signatures.queries import consents, counts, events, same_person, signatures
from campaign.signatures.rules.signature import (
    EventKind,
    Person,
    SignatureState,
    can_happen,
)
from campaign.signatures.sealing import unseal_person
from campaign.signing.request_mail import RequestedMail, request_mail
from campaign.signing.submit import consent_digests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.campaigns.rules.campaign import Words
    from campaign.letters.rows import LetterRow
    from campaign.letters.rules.letter import LetterDraft
    from campaign.privacy.ledger import Ledger
    from campaign.signatures.rows import SignatureRow
    from campaign.store.keyring import Keyring


@dataclass(frozen=True)
class Correction:
    """What she changed: fields of Person by name, and consents.

    `words` are those next to the checkboxes that she saw.
    """

    person: Mapping[str, str]
    consents: Mapping[Consent, bool]
    words: Words


def correct(
    session: Session,
    keyring: Keyring,
    ledger: Ledger,
    signature_id: UUID,
    correction: Correction,
    now: datetime,
) -> None:
    """Change name, town and consents. The name under unclaimed letters changes too.

    Withdrawing the consent to send drops letters that have not been sent; giving it later does not
    write any.
    """
    row = _lock_confirmed(session, signature_id)
    assert row.sealed is not None
    before = unseal_person(keyring, row.id, row.sealed)
    after = replace(before, **correction.person)
    if after != before:
        signatures.set_person(row, keyring, after)
        _rename_letters(session, keyring, row, before, after, now)
    changes = dict(correction.consents)
    written = _letters(session, keyring, row)
    ours = [one for one in written if one.send_method is SendMethod.WE_SEND]
    if not ours:
        changes.pop(Consent.SEND_LETTER, None)
    _change_consents(session, ledger, row, changes, correction.words, now)
    if ours and not row.send_letter:
        unsent.drop_unsent(session, signature_id, now)
        if row.held_letter is not None:
            for letter in ours:
                letter.state = LetterState.DROPPED
            held_letters.reseal_into(keyring, row, written)


def rewrite_letter(
    session: Session,
    keyring: Keyring,
    signature_id: UUID,
    recipient: str,
    subject: str,
    body: str,
    now: datetime,
) -> None:
    """Change the text of the letter to a recipient; raise NoLongerPossible if sending has begun."""
    row = _lock_confirmed(session, signature_id)
    written = _letters(session, keyring, row)
    letter = letter_to(written, recipient)
    if letter.sealed is None or letter.state not in UNSENT_STATES:
        raise NoLongerPossible("the letter has left")
    text, paragraph = unseal_letter(keyring, letter.signature_id, letter.sealed)
    changed = replace(text, subject=subject, body=body)
    if changed != text:
        letter.sealed = seal_letter(keyring, letter.signature_id, changed, paragraph)
        letter.edited = True
        letter.changed_at = now
        _save_held_letters(keyring, row, written)


@dataclass(frozen=True)
class AddedLetters:
    """Letters that somebody writes who had only signed, and what she agreed to with them.

    `loaded`: the campaign as she saw it. `person`: her town may be new. `words` are those of the
    consents that she saw.
    """

    loaded: LoadedCampaign
    letters: Sequence[LetterDraft]
    person: Person
    consents: Mapping[Consent, bool]
    words: Words


def may_add_letters(session: Session, row: SignatureRow, loaded: LoadedCampaign) -> bool:
    """Return whether a signature counts, or will, and has no letter yet.

    Nor may she write under demands that she has not signed: a letter of today's wording would be
    counted among those of the wording before.
    """
    has_letters = row.held_letter is not None or bool(letters.of_signature(session, row.id))
    if row.state is not SignatureState.CONFIRMED or row.sealed is None or has_letters:
        return False
    numbers = wording_numbers(session, row.campaign_id)
    return numbers[row.revision_id] == numbers[loaded.revision_id]


def add_letters(
    session: Session,
    keyring: Keyring,
    ledger: Ledger,
    signature_id: UUID,
    added: AddedLetters,
    *,
    live: bool,
    now: datetime,
) -> None:
    """Give a confirmed signature its letters, and queue those that the site sends.

    Raise NoLongerPossible if it has some already (what is sent twice is one letter), and if the
    name under them is not hers any more.
    """
    row = _lock_confirmed(session, signature_id)
    if not may_add_letters(session, row, added.loaded):
        raise NoLongerPossible("there is a letter already")
    assert row.sealed is not None  # or it may not
    if replace(unseal_person(keyring, row.id, row.sealed), town=added.person.town) != added.person:
        raise NoLongerPossible("the name has changed")
    signatures.set_person(row, keyring, added.person)
    _change_consents(session, ledger, row, added.consents, added.words, now)
    session.flush()
    if row.held:
        row.held_letter = held_letters.seal_drafts(keyring, row.id, added.letters, now.date())
        return
    letters.add_drafts(session, keyring, row, added.letters, now)
    queue_letter.queue_confirmed_letters(session, keyring, row, live=live, now=now)


def mark_self_sent(
    session: Session, keyring: Keyring, signature_id: UUID, recipient: str, now: datetime
) -> None:
    """Record that she says she has sent a letter from her own mailbox, or posted it.

    Reporting it twice changes nothing; raise NoLongerPossible for a letter that the site sends.
    """
    row = _lock_confirmed(session, signature_id)
    written = _letters(session, keyring, row)
    letter = letter_to(written, recipient)
    if letter.send_method is SendMethod.WE_SEND:
        raise NoLongerPossible("not her letter to send")
    reported = (
        LetterState.SELF_REPORTED
        if letter.send_method is SendMethod.OWN_MAIL
        else LetterState.PRINTED
    )
    if letter.state not in {LetterState.DRAFT, reported}:
        raise NoLongerPossible(letter.state)
    if letter.state is LetterState.DRAFT:
        letter.state, letter.changed_at = reported, now
        _save_held_letters(keyring, row, written)


def withdraw(session: Session, ledger: Ledger, signature_id: UUID, now: datetime) -> None:
    """Take a signature out of the count; drop its letters if they have not been sent.

    Withdrawing twice is the same as withdrawing once.
    """
    row = signatures.lock(session, signature_id)
    if can_happen(row.state, EventKind.WITHDRAWN):
        ledger.append(now, LedgerAction.WITHDRAWN, row.id)
        counts.adjust(session, row, mark_withdrawn(session, row, now))


def delete_submissions(
    session: Session, ledger: Ledger, signature_id: UUID, *, live: bool, now: datetime
) -> int:
    """Withdraw and erase: no sealed value and no keyed hash stays with a signature.

    Everything that was submitted to this campaign with this very e-mail address is deleted,
    including what was withdrawn before or never confirmed. The day's mail cap stays. Recipients
    that have a letter are told (GDPR, Article 19). Return how many submissions there were.
    """
    row = signatures.find(session, signature_id)
    if row is None or row.email_hash is None:
        return 0
    changes = []
    for one in signatures.lock_same_address(session, row):
        changes.append((one, mark_withdrawn(session, one, now)))
        ledger.append(now, LedgerAction.DELETED, one.id)
        erase_signature(session, one, now)
        _ask_recipients_to_delete(session, one, live=live, now=now)
    for one, change in changes:
        counts.adjust(session, one, change)
    return len(changes)


def request_new_link(
    session: Session,
    keyring: Keyring,
    signature_id: UUID,
    language: str,
    now: datetime,
    *,
    may_mail: bool = True,
) -> None:
    """Mail a new private link, within the day's cap.

    `may_mail`: whether her network may cause a mail in this hour.
    """
    row = signatures.lock(session, signature_id)
    identity_hashes = same_person.identity_hashes_of(keyring, row)
    if row.state is not SignatureState.PENDING and identity_hashes:
        state = OutgoingState.QUEUED if may_mail else OutgoingState.DROPPED
        link = RequestedMail(OutgoingKind.FRESH_LINK, language, state)
        request_mail(session, row, identity_hashes, link, now)


def _lock_confirmed(session: Session, signature_id: UUID) -> SignatureRow:
    row = signatures.lock(session, signature_id)
    if row.sealed is None:
        raise NotFound(str(signature_id))
    if row.state is not SignatureState.CONFIRMED:
        raise NoLongerPossible(row.state)
    return row


def letter_to(written: Sequence[LetterRow], recipient: str) -> LetterRow:
    """Return the letter to a recipient; raise NotFound if there is none.

    Pages of versions that knew one letter for each signature name no recipient.
    """
    for letter in written:
        if recipient in {letter.recipient, ""}:
            return letter
    raise NotFound(recipient)


def _change_consents(
    session: Session,
    ledger: Ledger,
    row: SignatureRow,
    changes: Mapping[Consent, bool],
    words: Words,
    now: datetime,
) -> None:
    """Set consents with the evidence of the words; the ledger learns of those taken back."""
    taken_back = [one for one, given in changes.items() if getattr(row, one) and not given]
    if taken_back:
        ledger.append(
            now, LedgerAction.CONSENT_WITHDRAWN, *(f"{row.id} {one}" for one in taken_back)
        )
    consents.set_consents(session, row, changes, consent_digests(words), words.language, now)


def _letters(session: Session, keyring: Keyring, row: SignatureRow) -> Sequence[LetterRow]:
    """Return a signature's letters, locked, or those stored with it while it is held."""
    return letters.lock_of_signatures(session, [row.id]) or held_letters.open_held(keyring, row)


def _save_held_letters(keyring: Keyring, row: SignatureRow, written: Sequence[LetterRow]) -> None:
    """Store changed letters with their held signature; those with own rows need nothing."""
    if row.held_letter is not None:
        held_letters.reseal_into(keyring, row, written)


def _rename_letters(
    session: Session,
    keyring: Keyring,
    row: SignatureRow,
    before: Person,
    after: Person,
    now: datetime,
) -> None:
    """Replace the name at the end of letters that still end with the old one."""
    written, ending = _letters(session, keyring, row), f"\n{before.signature_block}"
    for letter in written:
        if letter.sealed is None or letter.state not in UNSENT_STATES:
            continue
        text, paragraph = unseal_letter(keyring, letter.signature_id, letter.sealed)
        if text.body.endswith(ending):
            body = f"{text.body.removesuffix(ending)}\n{after.signature_block}"
            renamed = replace(text, body=body)
            letter.sealed = seal_letter(keyring, letter.signature_id, renamed, paragraph)
            letter.changed_at = now
    _save_held_letters(keyring, row, written)


def _ask_recipients_to_delete(
    session: Session, row: SignatureRow, *, live: bool, now: datetime
) -> None:
    """Ask every recipient that has a letter of hers to delete it, too."""
    for letter in letters.of_signature(session, row.id):
        if letter.send_method is not SendMethod.WE_SEND:
            continue
        if find_handover(letter, attempts.attempts_of(session, letter.id), live=live) is not None:
            kind = OutgoingKind.ERASURE
            mails.enqueue(session, row, kind, letter.language, now, letter_id=letter.id)


def mark_withdrawn(session: Session, row: SignatureRow, now: datetime) -> int:
    """Withdraw a signature and return the effect on the count.

    This includes invalidated signatures, so that organisers cannot restore them.
    """
    if not can_happen(row.state, EventKind.WITHDRAWN):
        return 0
    unsent.drop_unsent(session, row.id, now)
    mails.drop_queued(session, row.id, now)
    return events.apply(session, row, EventKind.WITHDRAWN, now)
