"""Sign, confirm by link or code, ask again, and stop for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.rules.consents import OPTIONAL_CONSENTS, Consent
from campaign.campaigns.serialization import words_digest
from campaign.delivery import queue_letter
from campaign.delivery.queries import mails
from campaign.delivery.rules.delivery import MailKind, MailState
from campaign.errors import (
    NoLongerPossible,
    NotFound,
    SubmissionDiscarded,
    TokenExpired,
)
from campaign.letters import held_letters
from campaign.letters.queries import letters
from campaign.letters.sealing import unseal_letter
from campaign.privacy.ledger import LedgerAction
from campaign.signatures.queries import consents, counts, events, mail_caps, signatures
from campaign.signatures.rules.signature import (
    CODE_LIFETIME,
    MAX_CODE_TRIES,
    PENDING_LIFETIME,
    EventKind,
    HoldReason,
    Person,
    SignatureState,
    count_delta,
    is_counted,
)
from campaign.signatures.sealing import hash_person, unseal_person
from campaign.signing.queries import single_statement, submissions
from campaign.signing.queries.submissions import NewSignature
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.campaigns.rules.campaign import Words
    from campaign.letters.rules.letter import LetterDraft
    from campaign.privacy.ledger import Ledger
    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.signatures.sealing import PersonHashes
    from campaign.store.keyring import Keyring
    from campaign.store.tokens import Tokens


@dataclass(frozen=True)
class Submission:
    """One press of the last button. `form_id` came with the form.

    `held_for`: why it does not count before somebody has looked at it. `mail_allowed`: false where
    its network has caused its mails of this hour; then it is held, and its mail waits.
    `signed_live`: is the site.
    """

    form_id: UUID
    person: Person
    government: str
    language: str
    source: str
    consents: Mapping[Consent, bool]
    letter: LetterDraft | None
    held_for: HoldReason | None = None
    mail_allowed: bool = True
    signed_live: bool = False


def submit(
    session: Session,
    keyring: Keyring,
    shelved: LoadedCampaign,
    submission: Submission,
    now: datetime,
) -> UUID:
    """Store a pending signature with its letter and its mail; return the signature's id.

    The same form sent twice is one submission. Whether the person is new, known,
    capped or wants no mail makes no difference that a visitor could see.
    """
    _must_be_open(shelved, now)
    hashes = hash_person(keyring, submission.person)
    for signature_id in (submission.form_id, uuid7(now)):
        row = _store(session, keyring, shelved, submission, signature_id, hashes, now)
        if row is not None:
            mail = _new_signature(shelved, submission, signature_id).mail_state
            _request_confirmation_mail(
                session, row, hashes.identities, submission.language, mail, now
            )
            return signature_id
        earlier = signatures.lock(session, signature_id)
        if _is_same_submission(session, keyring, earlier, submission):
            return signature_id
    raise NoLongerPossible("two new ids were taken")


def submit_in_single_statement(
    connection: Connection,
    keyring: Keyring,
    shelved: LoadedCampaign,
    submission: Submission,
    now: datetime,
) -> UUID | None:
    """Do what `submit` does by one statement, on PostgreSQL; None if it is not a plain case."""
    _must_be_open(shelved, now)
    new = _new_signature(shelved, submission, submission.form_id)
    hashes, given = hash_person(keyring, submission.person), _given_consents(shelved, submission)
    done = single_statement.submit(connection, keyring, new, hashes, given, now)
    return new.id if done else None


def resend_confirmation(
    session: Session,
    keyring: Keyring,
    signature_id: UUID,
    language: str,
    now: datetime,
    *,
    may_mail: bool = True,
) -> None:
    """Send the confirmation once more, within the day's cap; silent about what happens.

    `mail_allowed`: whether her network may cause a mail in this hour. What waits for a release
    goes on waiting.
    """
    row = signatures.lock(session, signature_id)
    withheld = mails.waits_for_release(session, row.id)
    identity_hashes_of = signatures.identity_hashes_of(keyring, row)
    if row.state is SignatureState.PENDING and identity_hashes_of:
        state = MailState.QUEUED if may_mail and not withheld else MailState.DROPPED
        _request_confirmation_mail(session, row, identity_hashes_of, language, state, now)


@dataclass(frozen=True)
class ConsentText:
    """The words beside the button that was pressed, and their language."""

    words: str
    language: str


def confirm(
    session: Session,
    keyring: Keyring,
    campaign_id: int,
    signature_id: UUID,
    shown: ConsentText,
    *,
    live: bool,
    now: datetime,
) -> None:
    """Count a signature and send its letter on, in the caller's one transaction.

    What was shown beside the button is the consent to be counted. Confirming twice is
    confirming once. Raise NotFound if it is none of the campaign's, AlreadySigned if the
    person has confirmed another submission, TokenExpired or NoLongerPossible if it is too late.
    """
    row = signatures.lock(session, signature_id)
    if row.campaign_id != campaign_id:
        raise NotFound(str(signature_id))
    must_be_confirmable(row, now)
    if row.state is SignatureState.CONFIRMED:
        return
    signatures.mark_confirmed(session, keyring, row, now)
    consents.record_consent_to_count(session, row, words_digest(shown.words), shown.language, now)
    for rival in signatures.lock_other_pending(session, keyring, row):
        discard_pending(session, rival, SignatureState.DROPPED, now)
    mails.drop_queued(session, row.id, now)
    queue_letter.queue_confirmed_letter(session, keyring, row, live=live, now=now)
    counted = count_delta(before=False, after=is_counted(row.state, held=row.held))
    events.append(session, row, EventKind.CONFIRMED, counted, now)
    counts.adjust(session, row, counted)


def confirm_in_single_statement(
    connection: Connection,
    keyring: Keyring,
    campaign_id: int,
    signature_id: UUID,
    shown: ConsentText,
    *,
    live: bool,
    now: datetime,
) -> bool:
    """Do what `confirm` does by one statement, on PostgreSQL; False if it is not a plain case."""
    press = single_statement.Confirmation(
        campaign_id, signature_id, words_digest(shown.words), shown.language
    )
    return single_statement.confirm(connection, keyring, press, live=live, now=now)


def must_be_confirmable(row: SignatureRow, now: datetime) -> None:
    """Raise what keeps a signature from being confirmed; nothing if it is so already.

    A held one that was dropped is over: nobody else's signature stands for it.
    """
    late = row.state is SignatureState.PENDING and now - row.created_at > PENDING_LIFETIME
    if (
        late
        or row.state is SignatureState.EXPIRED
        or (row.state is SignatureState.DROPPED and row.held)
    ):
        raise TokenExpired(str(row.id))
    if row.state is SignatureState.DROPPED:
        raise SubmissionDiscarded(str(row.id))
    if row.sealed is None:
        raise NotFound(str(row.id))
    if row.state not in {SignatureState.PENDING, SignatureState.CONFIRMED}:
        raise NoLongerPossible(row.state)


def try_code(
    session: Session, tokens: Tokens, signature_id: UUID, typed: str, now: datetime
) -> bool:
    """Say whether a typed code confirms this signature; each call is one of five tries.

    The caller commits the try even when the answer is no.
    """
    tries = signatures.count_code_try(session, signature_id)
    mail = mails.newest_with_valid_code(session, signature_id, now - CODE_LIFETIME)
    return mail is not None and tries <= MAX_CODE_TRIES and tokens.code_matches(mail.id, typed)


def suppress_address(session: Session, ledger: Ledger, identity: bytes, now: datetime) -> None:
    """Never write to this address again because of a visitor, and drop what is pending.

    A confirmed signature stays: its owner can withdraw it on her page. Stopping twice
    is stopping once.
    """
    if suppress_address_unlogged(session, identity, now):
        # Before the caller commits, so before anybody can rely on it.
        ledger.append(now, LedgerAction.MAIL_STOPPED, identity.hex())


def suppress_address_unlogged(session: Session, identity: bytes, now: datetime) -> bool:
    """Do what `suppress_address` says, without writing it down; False if it is so already."""
    stopped = mail_caps.suppress(session, identity, now)
    for pending in signatures.lock_pending_of(session, identity):
        discard_pending(session, pending, SignatureState.DROPPED, now)
    return stopped


def discard_pending(
    session: Session, row: SignatureRow, state: SignatureState, now: datetime
) -> None:
    """End a signature that was never confirmed; nothing personal stays."""
    row.state = state
    signatures.clear_personal_data(row)
    letters.drop_unsent(session, row.id, now)
    letters.erase_personal_data(session, row.id)
    mails.drop_queued(session, row.id, now)


@dataclass(frozen=True)
class RequestedMail:
    """A mail that a visitor causes.

    `state`: what becomes of it where the address may have it. Only what is queued is counted.
    """

    kind: MailKind
    language: str
    state: MailState = MailState.QUEUED


def request_mail(
    session: Session,
    signature: SignatureRow,
    identities: tuple[bytes, ...],
    mail: RequestedMail,
    now: datetime,
) -> None:
    """Queue a mail that a visitor caused, unless the address wants none or had its three.

    `signature`: the submission that she holds. Every case takes the same statements, so that
    the time tells nothing. A fresh link is asked for by whoever holds the old one, and goes also
    where visitors may cause no mail: without it nobody could see or delete what is held.
    """
    # Locked before the counter, as by everybody who counts: two that wait for each other fail.
    signatures.lock(session, signature.id)
    stopped = mail_caps.is_suppressed(session, identities) and mail.kind is not MailKind.FRESH_LINK
    leaving = int(mail.state is MailState.QUEUED)
    within_cap = mail_caps.consume(session, identities, now.date(), leaving)
    state = mail.state if within_cap and not stopped else MailState.DROPPED
    mails.enqueue_for_visitor(session, signature, mail.kind, mail.language, now, state=state)


def release_mails(
    session: Session, keyring: Keyring, rows: Sequence[SignatureRow], now: datetime
) -> None:
    """Make the mails of submissions that were just released ordinary ones.

    What waited is queued now, if the address may have another one today.
    """
    released = {row.id: row for row in rows}
    for mail in mails.lock_held_with(session, released):
        assert mail.held_with is not None  # by this they were found
        if mail.state is MailState.WAITING:
            identity_hashes_of = signatures.identity_hashes_of(keyring, released[mail.held_with])
            allowed = bool(identity_hashes_of) and mail_caps.consume(
                session, identity_hashes_of, now.date()
            )
            mail.state = MailState.QUEUED if allowed else MailState.DROPPED
            mail.queued_at = mail.due_at = mail.changed_at = now
        mail.held_with = None


def consent_digests(words: Words) -> dict[Consent, str]:
    """Return the SHA-256 of the words that stand beside each tick."""
    return {purpose: words_digest(words.consents[purpose]) for purpose in offered_consents(words)}


def offered_consents(words: Words) -> list[Consent]:
    """Return the ticks that these words offer: one without words cannot be agreed to."""
    return [purpose for purpose in OPTIONAL_CONSENTS if purpose in words.consents]


def _must_be_open(shelved: LoadedCampaign, now: datetime) -> None:
    shelved.campaign.facts.must_be_open(now.date())


def _new_signature(
    shelved: LoadedCampaign, submission: Submission, signature_id: UUID
) -> NewSignature:
    return NewSignature(
        id=signature_id,
        campaign_id=shelved.campaign_id,
        revision_id=shelved.revision_id,
        government=submission.government,
        language=submission.language,
        source=shelved.campaign.facts.normalize_source(submission.source),
        person=submission.person,
        letter=submission.letter,
        held_for=_held_for(shelved, submission),
        mail_allowed=submission.mail_allowed,
        signed_live=submission.signed_live,
    )


def _held_for(shelved: LoadedCampaign, submission: Submission) -> HoldReason | None:
    if submission.held_for is None and not submission.mail_allowed:
        return HoldReason.RATE_LIMIT
    return submission.held_for or (HoldReason.ATTACK if shelved.attacked_since else None)


def _given_consents(shelved: LoadedCampaign, submission: Submission) -> dict[Consent, str]:
    """Return the ticks that she gave, and the SHA-256 of the words beside each."""
    words = consent_digests(shelved.campaign.words_in(submission.language))
    return {purpose: words[purpose] for purpose, given in submission.consents.items() if given}


def _store(
    session: Session,
    keyring: Keyring,
    shelved: LoadedCampaign,
    submission: Submission,
    signature_id: UUID,
    hashes: PersonHashes,
    now: datetime,
) -> SignatureRow | None:
    """Store signature, consents and letter; None if the id is taken."""
    new = _new_signature(shelved, submission, signature_id)
    row = submissions.add_pending(session, keyring, new, hashes, now)
    if row is None:
        return None
    given = _given_consents(shelved, submission)
    consents.set_consents(session, row, dict.fromkeys(given, True), given, submission.language, now)
    if submission.letter is not None:
        letters.add_draft(session, keyring, row, submission.letter, now)
    session.flush()
    return row


def _request_confirmation_mail(
    session: Session,
    row: SignatureRow,
    identities: tuple[bytes, ...],
    language: str,
    state: MailState,
    now: datetime,
) -> None:
    """Ask for confirmation, or tell who has already confirmed so.

    To which address the second mail goes is decided when it is made (delivery/mail_message):
    it carries the way to the private page.
    """
    twin = signatures.find_confirmed_by_identity(session, row.campaign_id, identities)
    kind = MailKind.CONFIRMATION if twin is None else MailKind.ALREADY_SIGNED
    request_mail(session, row, identities, RequestedMail(kind, language, state), now)


def _is_same_submission(
    session: Session, keyring: Keyring, row: SignatureRow, submission: Submission
) -> bool:
    """Say whether a form was sent twice, rather than sent again with other content."""
    if row.sealed is None or row.state not in {SignatureState.PENDING, SignatureState.CONFIRMED}:
        return False
    person = unseal_person(keyring, row.id, row.sealed)
    if (row.government, person) != (submission.government, submission.person):
        return False
    if any(getattr(row, purpose) != given for purpose, given in submission.consents.items()):
        return False
    letter = letters.find(session, row.id) or held_letters.open_held(keyring, row)
    if letter is None or letter.sealed is None or submission.letter is None:
        return letter is None and submission.letter is None
    written = submission.letter
    if letter.way is not written.way:
        return False
    return unseal_letter(keyring, row.id, letter.sealed) == (written.text, written.paragraph)
