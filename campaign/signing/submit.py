"""Submit a signature from the form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS, Consent
from campaign.campaigns.serialization import words_digest
from campaign.errors import (
    NoLongerPossible,
)
from campaign.letters import held_letters
from campaign.letters.queries import letters
from campaign.letters.sealing import unseal_letter
from campaign.signatures.queries import consents
from campaign.signatures.rules.signature import (
    HoldReason,
    Person,
    SignatureState,
)
from campaign.signatures.sealing import hash_person, unseal_person
from campaign.signing.queries import single_statement, submissions
from campaign.signing.queries.submissions import NewSignature
from campaign.signing.request_mail import request_confirmation_mail
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.campaigns.rules.campaign import Words
    from campaign.letters.rows import LetterRow
    from campaign.letters.rules.letter import LetterDraft
    from campaign.signatures.rows import SignatureRow
    from campaign.signatures.sealing import PersonHashes
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring


@dataclass(frozen=True)
class Submission:
    """One click on the last button. `form_id` came with the form.

    `submission_hash`: the keyed hash of a form that came from a page that everybody shares.
    `held_for`: why it does not count until somebody has reviewed it. `mail_allowed`: false if
    its network has caused all its mails of this hour; then it is held, and its mail waits.
    `signed_live`: whether the site is live.
    """

    form_id: UUID
    person: Person
    government: str
    language: str
    source: str
    consents: Mapping[Consent, bool]
    letters: Sequence[LetterDraft] = ()
    held_for: HoldReason | None = None
    mail_allowed: bool = True
    signed_live: bool = False
    submission_hash: bytes | None = None


def submit(
    database: Database,
    keyring: Keyring,
    loaded: LoadedCampaign,
    submission: Submission,
    now: datetime,
) -> UUID:
    """Store a pending signature with its letters and its mail; return the signature's id.

    The same form sent twice is one submission. Whether the person is new, known, capped or
    suppressed makes no difference that a visitor could see. The transaction is its own: on
    PostgreSQL one statement for the plain case (ADR 0028), else step by step with the same effect.
    """
    if database.is_postgresql:
        with database.autocommit() as connection:
            found = submit_in_single_statement(connection, keyring, loaded, submission, now)
        if found is not None:
            return found
    with database.writing() as session:
        return submit_by_steps(session, keyring, loaded, submission, now)


def submit_by_steps(
    session: Session,
    keyring: Keyring,
    loaded: LoadedCampaign,
    submission: Submission,
    now: datetime,
) -> UUID:
    """Do what `submit` does, in the caller's transaction and on every database."""
    _must_be_open(loaded, now)
    hashes = hash_person(keyring, submission.person)
    for signature_id in (submission.form_id, uuid7(now)):
        row = _store(session, keyring, loaded, submission, signature_id, hashes, now)
        if row is not None:
            mail = _new_signature(loaded, submission, signature_id).mail_state
            request_confirmation_mail(
                session, row, hashes.identities, submission.language, mail, now
            )
            return signature_id
        earlier = submissions.lock_earlier(session, signature_id, submission.submission_hash)
        if earlier is None:
            continue
        if _is_same_submission(session, keyring, earlier, submission):
            return earlier.id
        earlier.submission_hash = None
        session.flush()
    raise NoLongerPossible("two new ids were taken")


def submit_in_single_statement(
    connection: Connection,
    keyring: Keyring,
    loaded: LoadedCampaign,
    submission: Submission,
    now: datetime,
) -> UUID | None:
    """Submit in a single SQL statement, on PostgreSQL; return None if it is not a plain case."""
    _must_be_open(loaded, now)
    new = _new_signature(loaded, submission, submission.form_id)
    hashes, given = hash_person(keyring, submission.person), _given_consents(loaded, submission)
    done = single_statement.submit(connection, keyring, new, hashes, given, now)
    return new.id if done else None


def consent_digests(words: Words) -> dict[Consent, str]:
    """Return the SHA-256 of the text next to each consent's checkbox."""
    return {purpose: words_digest(words.consents[purpose]) for purpose in offered_consents(words)}


def offered_consents(words: Words) -> list[Consent]:
    """Return the consents that these words offer: one without words cannot be given."""
    return [purpose for purpose in OPTIONAL_CONSENTS if purpose in words.consents]


def _must_be_open(loaded: LoadedCampaign, now: datetime) -> None:
    loaded.campaign.facts.must_be_open(now.date())


def _new_signature(
    loaded: LoadedCampaign, submission: Submission, signature_id: UUID
) -> NewSignature:
    return NewSignature(
        id=signature_id,
        campaign_id=loaded.campaign_id,
        revision_id=loaded.revision_id,
        government=submission.government,
        language=submission.language,
        source=loaded.campaign.facts.normalize_source(submission.source),
        person=submission.person,
        letters=submission.letters,
        held_for=hold_reason(loaded, submission.held_for, mail_allowed=submission.mail_allowed),
        mail_allowed=submission.mail_allowed,
        signed_live=submission.signed_live,
        submission_hash=submission.submission_hash,
    )


def hold_reason(
    loaded: LoadedCampaign, known: HoldReason | None, *, mail_allowed: bool
) -> HoldReason | None:
    """Return why a submission is held, if it is: for what is `known` of it, or for the moment."""
    if known is None and not mail_allowed:
        return HoldReason.RATE_LIMIT
    return known or (HoldReason.ATTACK if loaded.attacked_since else None)


def _given_consents(loaded: LoadedCampaign, submission: Submission) -> dict[Consent, str]:
    """Return the consents that she gave, and the SHA-256 of the text next to each."""
    words = consent_digests(loaded.campaign.words_in(submission.language))
    return {purpose: words[purpose] for purpose, given in submission.consents.items() if given}


def _store(
    session: Session,
    keyring: Keyring,
    loaded: LoadedCampaign,
    submission: Submission,
    signature_id: UUID,
    hashes: PersonHashes,
    now: datetime,
) -> SignatureRow | None:
    """Store signature, consents and letters; return None if the id is taken."""
    new = _new_signature(loaded, submission, signature_id)
    row = submissions.add_pending(session, keyring, new, hashes, now)
    if row is None:
        return None
    given = _given_consents(loaded, submission)
    consents.set_consents(session, row, dict.fromkeys(given, True), given, submission.language, now)
    letters.add_drafts(session, keyring, row, submission.letters, now)
    session.flush()
    return row


def _is_same_submission(
    session: Session, keyring: Keyring, row: SignatureRow, submission: Submission
) -> bool:
    """Return whether a form was sent twice, rather than sent again with other content."""
    if row.sealed is None or row.state not in {SignatureState.PENDING, SignatureState.CONFIRMED}:
        return False
    person = unseal_person(keyring, row.id, row.sealed)
    if (row.government, person) != (submission.government, submission.person):
        return False
    if any(getattr(row, purpose) != given for purpose, given in submission.consents.items()):
        return False
    stored = letters.of_signature(session, row.id) or held_letters.open_held(keyring, row)
    return len(stored) == len(submission.letters) and all(
        _is_same_letter(keyring, letter, written)
        for letter, written in zip(stored, submission.letters, strict=True)
    )


def _is_same_letter(keyring: Keyring, letter: LetterRow, written: LetterDraft) -> bool:
    if (letter.recipient, letter.send_method) != (written.recipient, written.send_method):
        return False
    whole = written.text, written.paragraph
    return letter.sealed is not None and (
        unseal_letter(keyring, letter.signature_id, letter.sealed) == whole
    )
