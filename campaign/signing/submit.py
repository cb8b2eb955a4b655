"""Sign, confirm by link or code, ask again, and stop for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.document import words_digest
from campaign.campaigns.rules.consents import TICKS, Consent
from campaign.delivery import send_letter as dispatching
from campaign.delivery.queries import mails
from campaign.delivery.rules.delivery import MailKind, MailState
from campaign.errors import (
    NoLongerPossible,
    NotFound,
    SubmissionDropped,
    TokenExpired,
)
from campaign.letters.queries import held as held_letters, letters
from campaign.letters.sealing import open_letter
from campaign.privacy.ledger import Taken
from campaign.signatures.queries import consents, counts, events, mail_caps as caps, signatures
from campaign.signatures.rules.signature import (
    CODE_FOR,
    CODE_TRIES,
    PENDING_FOR,
    EventKind,
    HeldFor,
    Person,
    State,
    effect,
    is_counted,
)
from campaign.signatures.sealing import hash_person, open_person
from campaign.signing.queries import single_statement as at_once, submissions
from campaign.signing.queries.submissions import NewSignature
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import Shelved
    from campaign.campaigns.rules.campaign import Words
    from campaign.letters.rules.letter import WrittenLetter
    from campaign.privacy.ledger import Ledger
    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.signatures.sealing import PersonHashes
    from campaign.store.keyring import Keyring
    from campaign.store.tokens import Tokens


@dataclass(frozen=True)
class Submission:
    """One press of the last button. `stamp_id` came with the form.

    `held_for`: why it does not count before somebody has looked at it. `may_mail`: false where its
    network has caused its mails of this hour; then it is held, and its mail waits.
    `signed_live`: is the site.
    """

    stamp_id: UUID
    person: Person
    government: str
    language: str
    source: str
    consents: Mapping[Consent, bool]
    letter: WrittenLetter | None
    held_for: HeldFor | None = None
    may_mail: bool = True
    signed_live: bool = False


def submit(
    session: Session, keyring: Keyring, shelved: Shelved, submission: Submission, now: datetime
) -> UUID:
    """Store a pending signature with its letter and its mail; return the signature's id.

    The same form sent twice is one submission. Whether the person is new, known,
    capped or wants no mail makes no difference that a visitor could see.
    """
    _must_be_open(shelved, now)
    hashes = hash_person(keyring, submission.person)
    for signature_id in (submission.stamp_id, uuid7(now)):
        row = _store(session, keyring, shelved, submission, signature_id, hashes, now)
        if row is not None:
            mail = _new(shelved, submission, signature_id).mail
            _mail_about(session, row, hashes.identities, submission.language, mail, now)
            return signature_id
        earlier = signatures.lock(session, signature_id)
        if _same_submission(session, keyring, earlier, submission):
            return signature_id
    raise NoLongerPossible("two new ids were taken")


def submit_at_once(
    connection: Connection,
    keyring: Keyring,
    shelved: Shelved,
    submission: Submission,
    now: datetime,
) -> UUID | None:
    """Do what `submit` does by one statement, on PostgreSQL; None if it is not a plain case."""
    _must_be_open(shelved, now)
    new = _new(shelved, submission, submission.stamp_id)
    hashes, given = hash_person(keyring, submission.person), _given(shelved, submission)
    done = at_once.submit(connection, keyring, new, hashes, given, now)
    return new.id if done else None


def ask_again(
    session: Session,
    keyring: Keyring,
    signature_id: UUID,
    language: str,
    now: datetime,
    *,
    may_mail: bool = True,
) -> None:
    """Send the confirmation once more, within the day's cap; silent about what happens.

    `may_mail`: whether her network may cause a mail in this hour. What waits for a release waits.
    """
    row = signatures.lock(session, signature_id)
    withheld = mails.is_withheld(session, row.id)
    identities = signatures.identities(keyring, row)
    if row.state is State.PENDING and identities:
        state = MailState.QUEUED if may_mail and not withheld else MailState.DROPPED
        _mail_about(session, row, identities, language, state, now)


@dataclass(frozen=True)
class Shown:
    """The words beside the button that was pressed, and their language."""

    words: str
    language: str


def confirm(
    session: Session,
    keyring: Keyring,
    campaign_id: int,
    signature_id: UUID,
    shown: Shown,
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
    if row.state is State.CONFIRMED:
        return
    signatures.mark_confirmed(session, keyring, row, now)
    consents.note_counted(session, row, words_digest(shown.words), shown.language, now)
    for rival in signatures.pending_rivals(session, keyring, row):
        end_pending(session, rival, State.DROPPED, now)
    mails.drop_queued(session, row.id, now)
    dispatching.send_on(session, keyring, row, live=live, now=now)
    counted = effect(before=False, after=is_counted(row.state, held=row.held))
    events.append(session, row, EventKind.CONFIRMED, counted, now)
    counts.apply(session, row, counted)


def confirm_at_once(
    connection: Connection,
    keyring: Keyring,
    campaign_id: int,
    signature_id: UUID,
    shown: Shown,
    *,
    live: bool,
    now: datetime,
) -> bool:
    """Do what `confirm` does by one statement, on PostgreSQL; False if it is not a plain case."""
    press = at_once.Press(campaign_id, signature_id, words_digest(shown.words), shown.language)
    return at_once.confirm(connection, keyring, press, live=live, now=now)


def must_be_confirmable(row: SignatureRow, now: datetime) -> None:
    """Raise what keeps a signature from being confirmed; nothing if it is so already.

    A held one that was dropped is over: nobody else's signature stands for it.
    """
    late = row.state is State.PENDING and now - row.created_at > PENDING_FOR
    if late or row.state is State.EXPIRED or (row.state is State.DROPPED and row.held):
        raise TokenExpired(str(row.id))
    if row.state is State.DROPPED:
        raise SubmissionDropped(str(row.id))
    if row.sealed is None:
        raise NotFound(str(row.id))
    if row.state not in {State.PENDING, State.CONFIRMED}:
        raise NoLongerPossible(row.state)


def code_fits(
    session: Session, tokens: Tokens, signature_id: UUID, typed: str, now: datetime
) -> bool:
    """Say whether a typed code confirms this signature; each call is one of five tries.

    The caller commits the try even when the answer is no.
    """
    tries = signatures.count_code_try(session, signature_id)
    mail = mails.with_code(session, signature_id, now - CODE_FOR)
    return mail is not None and tries <= CODE_TRIES and tokens.code_matches(mail.id, typed)


def stop_for_good(session: Session, ledger: Ledger, identity: bytes, now: datetime) -> None:
    """Never write to this address again because of a visitor, and drop what is pending.

    A confirmed signature stays: its owner can withdraw it on her page. Stopping twice
    is stopping once.
    """
    if stop_mail(session, identity, now):
        # Before the caller commits, so before anybody can rely on it.
        ledger.note(now, Taken.STOPPED, identity.hex())


def stop_mail(session: Session, identity: bytes, now: datetime) -> bool:
    """Do what `stop_for_good` says, without writing it down; False if it is so already."""
    stopped = caps.stop(session, identity, now)
    for pending in signatures.pending_of(session, identity):
        end_pending(session, pending, State.DROPPED, now)
    return stopped


def end_pending(session: Session, row: SignatureRow, state: State, now: datetime) -> None:
    """End a signature that was never confirmed; nothing personal stays."""
    row.state = state
    signatures.clear_personal(row)
    letters.drop_unclaimed(session, row.id, now)
    letters.clear_personal(session, row.id)
    mails.drop_queued(session, row.id, now)


@dataclass(frozen=True)
class Caused:
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
    mail: Caused,
    now: datetime,
) -> None:
    """Queue a mail that a visitor caused, unless the address wants none or had its three.

    `signature`: the submission that she holds. Every case takes the same statements, so that
    the time tells nothing. A fresh link is asked for by whoever holds the old one, and goes also
    where visitors may cause no mail: without it nobody could see or delete what is held.
    """
    # Locked before the counter, as by everybody who counts: two that wait for each other fail.
    signatures.lock(session, signature.id)
    stopped = caps.is_stopped(session, identities) and mail.kind is not MailKind.FRESH_LINK
    leaving = int(mail.state is MailState.QUEUED)
    within_cap = caps.take(session, identities, now.date(), leaving)
    state = mail.state if within_cap and not stopped else MailState.DROPPED
    mails.enqueue_asked_for(session, signature, mail.kind, mail.language, now, state=state)


def let_mails_go(
    session: Session, keyring: Keyring, rows: Sequence[SignatureRow], now: datetime
) -> None:
    """Make the mails of submissions that were just released ordinary ones.

    What waited is queued now, if the address may have another one today.
    """
    released = {row.id: row for row in rows}
    for mail in mails.lock_held_with(session, released):
        assert mail.held_with is not None  # by this they were found
        if mail.state is MailState.WAITING:
            identities = signatures.identities(keyring, released[mail.held_with])
            allowed = bool(identities) and caps.take(session, identities, now.date())
            mail.state = MailState.QUEUED if allowed else MailState.DROPPED
            mail.queued_at = mail.due_at = mail.changed_at = now
        mail.held_with = None


def consent_words(words: Words) -> dict[Consent, str]:
    """Return the SHA-256 of the words that stand beside each tick."""
    return {purpose: words_digest(words.consents[purpose]) for purpose in offered_ticks(words)}


def offered_ticks(words: Words) -> list[Consent]:
    """Return the ticks that these words offer: one without words cannot be agreed to."""
    return [purpose for purpose in TICKS if purpose in words.consents]


def _must_be_open(shelved: Shelved, now: datetime) -> None:
    shelved.campaign.facts.must_be_open(now.date())


def _new(shelved: Shelved, submission: Submission, signature_id: UUID) -> NewSignature:
    return NewSignature(
        id=signature_id,
        campaign_id=shelved.campaign_id,
        revision_id=shelved.revision_id,
        government=submission.government,
        language=submission.language,
        source=shelved.campaign.facts.counted_source(submission.source),
        person=submission.person,
        letter=submission.letter,
        held_for=_held_for(shelved, submission),
        may_mail=submission.may_mail,
        signed_live=submission.signed_live,
    )


def _held_for(shelved: Shelved, submission: Submission) -> HeldFor | None:
    if submission.held_for is None and not submission.may_mail:
        return HeldFor.FLOOD
    return submission.held_for or (HeldFor.ATTACK if shelved.attacked_since else None)


def _given(shelved: Shelved, submission: Submission) -> dict[Consent, str]:
    """Return the ticks that she gave, and the SHA-256 of the words beside each."""
    words = consent_words(shelved.campaign.words_in(submission.language))
    return {purpose: words[purpose] for purpose, given in submission.consents.items() if given}


def _store(
    session: Session,
    keyring: Keyring,
    shelved: Shelved,
    submission: Submission,
    signature_id: UUID,
    hashes: PersonHashes,
    now: datetime,
) -> SignatureRow | None:
    """Store signature, consents and letter; None if the id is taken."""
    new = _new(shelved, submission, signature_id)
    row = submissions.add_pending(session, keyring, new, hashes, now)
    if row is None:
        return None
    given = _given(shelved, submission)
    consents.set_given(session, row, dict.fromkeys(given, True), given, submission.language, now)
    if submission.letter is not None:
        letters.add_draft(session, keyring, row, submission.letter, now)
    session.flush()
    return row


def _mail_about(
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
    twin = signatures.confirmed_of(session, row.campaign_id, identities)
    kind = MailKind.CONFIRMATION if twin is None else MailKind.ALREADY_SIGNED
    request_mail(session, row, identities, Caused(kind, language, state), now)


def _same_submission(
    session: Session, keyring: Keyring, row: SignatureRow, submission: Submission
) -> bool:
    """Say whether a form was sent twice, rather than sent again with other content."""
    if row.sealed is None or row.state not in {State.PENDING, State.CONFIRMED}:
        return False
    person = open_person(keyring, row.id, row.sealed)
    if (row.government, person) != (submission.government, submission.person):
        return False
    if any(getattr(row, purpose) != given for purpose, given in submission.consents.items()):
        return False
    letter = letters.find(session, row.id) or held_letters.find(keyring, row)
    if letter is None or letter.sealed is None or submission.letter is None:
        return letter is None and submission.letter is None
    written = submission.letter
    if letter.way is not written.way:
        return False
    return open_letter(keyring, row.id, letter.sealed) == (written.text, written.paragraph)
