"""Subject access: everything that is held about one signature, for the supporter herself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from campaign.campaigns.queries import campaigns as queries
from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS, Consent
from campaign.delivery.links import redact_preferences_links
from campaign.delivery.queries import attempts, carried_letters, inbound, letter_caps, mails
from campaign.delivery.queries.attempts import find_handover
from campaign.delivery.rules.answer import ReviewReason
from campaign.delivery.rules.delivery import BUILD_FAILED, InboundKind, Outcome
from campaign.delivery.sealing import unseal_answer
from campaign.errors import NotFound
from campaign.letters import held_letters
from campaign.letters.queries import letters
from campaign.letters.rules.letter import ONE_LETTER_CODE, UNSENT_STATES, LetterState, WaitingFor
from campaign.letters.sealing import hash_caps, unseal_letter, unseal_message
from campaign.mail.outgoing import format_readable
from campaign.recipients.queries import addresses, recipients
from campaign.recipients.rules.wish import OBJECTED, PAUSED_BY_RECIPIENT, WRONG_ADDRESSEE
from campaign.recipients.sealing import open_contact_report
from campaign.signatures.queries import consents, events, same_person, signatures
from campaign.signatures.sealing import unseal_person

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.rules.letter import LetterText
    from campaign.delivery.rows import AttemptRow
    from campaign.delivery.rules.answer import MessageContent
    from campaign.letters.rows import LetterRow
    from campaign.signatures.rows import SignatureRow
    from campaign.signatures.rules.signature import Person
    from campaign.store.keyring import Keyring


@dataclass(frozen=True)
class LetterAnswer:
    """A message that came in for a letter; `kind` tells whether it counts as an answer."""

    came_at: datetime
    kind: InboundKind
    review_reason: ReviewReason | None
    answer: MessageContent

    @property
    def other_domain(self) -> str:
        """Return the domain of the sender if it is not the recipient's."""
        return self.answer.sender_domain if self.review_reason is ReviewReason.OTHER_DOMAIN else ""


@dataclass(frozen=True)
class PersonalLetter:
    row: LetterRow
    text: LetterText
    paragraph: str
    attempts: tuple[AttemptRow, ...]
    answers: tuple[LetterAnswer, ...] = ()
    duplicate_of_sent_on: date | None = None
    """If it was held back: when her other letter was handed over, as long as that is known."""
    paused_by_ministry: bool = False
    """It waits because the recipient itself asked for no more letters, or for a pause."""
    paused_until: date | None = None
    """The last day of that pause, if it ends by itself."""
    belongs_elsewhere: bool = False
    """It waits because the recipient says that another office is responsible."""
    reported: str = ""
    """What she reported about its recipient's contact."""

    @property
    def visible_answers(self) -> list[LetterAnswer]:
        """Return what her page shows: all except what a person marked as no answer."""
        return [one for one in self.answers if one.kind is not InboundKind.NO_ANSWER]

    @property
    def is_duplicate(self) -> bool:
        """Return whether it was dropped because the recipient has another letter of hers."""
        dropped = self.row.state is LetterState.DROPPED
        return dropped and bool(self.attempts) and self.attempts[-1].code == ONE_LETTER_CODE

    @property
    def is_editable(self) -> bool:
        return self.row.state in UNSENT_STATES

    @property
    def has_left(self) -> bool:
        """Return whether a live transport handed it over, whatever mode the site is in now."""
        return any(
            attempt.outcome is Outcome.ACCEPTED and attempt.live for attempt in self.attempts
        )

    @property
    def failed_before_sending(self) -> bool:
        """Return whether it failed for good before any server saw it."""
        return bool(self.attempts) and self.attempts[-1].code == BUILD_FAILED

    @property
    def possibly_sent(self) -> bool:
        """Return whether the recipient may have it, including when the outcome is unknown."""
        tried = any(attempt.live for attempt in self.attempts)
        open_ended = self.row.state in {LetterState.CLAIMED, LetterState.UNCERTAIN}
        return self.has_left or (tried and (open_ended or self.outcome_unknown))

    @property
    def recipient_is_notified(self) -> bool:
        """Return whether the recipient has it, and is asked to delete it on erasure."""
        return find_handover(self.row, self.attempts, live=True) is not None

    @property
    def outcome_unknown(self) -> bool:
        """Return whether an attempt ended without an answer and nothing more is known since."""
        outcomes = [attempt.outcome for attempt in self.attempts]
        return Outcome.UNKNOWN in outcomes and Outcome.ACCEPTED not in outcomes


@dataclass(frozen=True)
class SubjectData:
    """Everything that is held about one signature."""

    row: SignatureRow
    person: Person
    letters: tuple[PersonalLetter, ...]

    @property
    def consents(self) -> dict[Consent, bool]:
        return {purpose: getattr(self.row, purpose) for purpose in OPTIONAL_CONSENTS}


def collect_subject_data(session: Session, keyring: Keyring, signature_id: UUID) -> SubjectData:
    """Return the data of a signature; raise NotFound if nothing personal is left."""
    row = signatures.find(session, signature_id)
    if row is None or row.sealed is None:
        raise NotFound(str(signature_id))
    return SubjectData(
        row,
        unseal_person(keyring, row.id, row.sealed),
        _own_letters(session, keyring, row),
    )


def export_subject_data(session: Session, keyring: Keyring, held: SubjectData) -> dict[str, Any]:
    """Return all data as names and values, ready to be serialised as JSON."""
    row = held.row
    return {
        "signature": {
            "id": str(row.id),
            "state": row.state.value,
            **asdict(held.person),
            "government": row.government,
            "language": row.language,
            "origin": row.origin.value,
            "source": row.source,
            "revision_sha256": queries.revision_digest(session, row.revision_id),
            "created_at": row.created_at.isoformat(),
            "signed_live": row.signed_live,
            "confirmed_at": row.confirmed_at.isoformat() if row.confirmed_at else None,
        },
        "consents": [
            {
                "purpose": consent.purpose.value,
                "given": consent.given,
                "words_sha256": consent.words_digest,
                "language": consent.language,
                "at": consent.at.isoformat(),
            }
            for consent in consents.of_signature(session, row.id)
        ],
        "events": [
            {"kind": event.kind.value, "at": event.at.isoformat()}
            for event in events.of_signature(session, row.id)
        ],
        "mails": [
            {
                "kind": mail.kind.value,
                "state": mail.state.value,
                "language": mail.language,
                "asked_for_at": mail.queued_at.isoformat() if mail.queued_at else None,
                "accepted_at": mail.accepted_at.isoformat() if mail.accepted_at else None,
            }
            for mail in mails.of_signature(session, row.id)
        ],
        "letters": [_letter_download(session, keyring, one) for one in held.letters],
    }


def _letter_download(session: Session, keyring: Keyring, own: PersonalLetter) -> dict[str, Any]:
    return {
        "recipient": own.row.recipient,
        "state": own.row.state.value,
        "waiting_for": own.row.waiting_for.value if own.row.waiting_for else None,
        "language": own.row.language,
        "dated": own.row.letter_date.isoformat(),
        "subject": own.text.subject,
        "text": own.text.full_text,
        "own_paragraph": own.paragraph,
        "message": _message(session, keyring, own.row.id),
        "answers": [
            {
                "at": one.came_at.isoformat(),
                "kind": one.kind.value,
                "doubt": one.review_reason.value if one.review_reason else None,
                "from": one.answer.sender,
                "subject": one.answer.subject,
                "text": one.answer.text,
                "files": list(one.answer.files),
                "truncated": one.answer.truncated,
            }
            for one in own.answers
        ],
        "attempts": [
            {
                "at": attempt.at.isoformat(),
                "outcome": attempt.outcome.value,
                "transport": attempt.transport,
                "live": attempt.live,
                "in_daily_mail": attempt.digest_id is not None,
                "code": attempt.code,
                "reply": attempt.reply,
            }
            for attempt in own.attempts
        ],
        "reported_contact": own.reported,
    }


def _message(session: Session, keyring: Keyring, letter_id: UUID) -> str:
    """Return a letter's mail as it was sent, or nothing if there is none."""
    sealed = carried_letters.sealed_message(session, letter_id)
    if not sealed:
        return ""
    readable = format_readable(unseal_message(keyring, letter_id, sealed))
    return redact_preferences_links(readable, letter_id)


def _own_letters(
    session: Session, keyring: Keyring, signature: SignatureRow
) -> tuple[PersonalLetter, ...]:
    written = letters.of_signature(session, signature.id) or held_letters.open_held(
        keyring, signature
    )
    if not written:
        return ()
    reports = {
        row.recipient: open_contact_report(keyring, row.id, row.sealed)
        for row in addresses.reports_of_signature(session, signature.id)
        if row.sealed is not None
    }
    return tuple(
        _own_letter(session, keyring, signature, letter, reports.get(letter.recipient, ""))
        for letter in written
        if letter.sealed is not None
    )


def _own_letter(
    session: Session, keyring: Keyring, signature: SignatureRow, letter: LetterRow, reported: str
) -> PersonalLetter:
    assert letter.sealed is not None
    text, paragraph = unseal_letter(keyring, letter.signature_id, letter.sealed)
    history = tuple(attempts.attempts_of(session, letter.id))
    answers = tuple(
        LetterAnswer(
            row.received_at,
            row.kind,
            row.review_reason,
            unseal_answer(keyring, row.id, row.content),
        )
        for row in inbound.filed_under_letter(session, letter.id)
        if row.content is not None
    )
    own = PersonalLetter(letter, text, paragraph, history, answers)
    return replace(
        own,
        duplicate_of_sent_on=_other_left_on(session, keyring, signature, own),
        **_pause_of(session, letter),
        reported=reported,
    )


def _pause_of(session: Session, letter: LetterRow) -> dict[str, Any]:
    """Return what its recipient wishes, if the letter waits for that."""
    if letter.waiting_for is not WaitingFor.PAUSE:
        return {}
    recipient = recipients.get(session, letter.recipient)
    return {
        "paused_by_ministry": recipient.pause_reason in {OBJECTED, PAUSED_BY_RECIPIENT},
        "paused_until": recipient.paused_until,
        "belongs_elsewhere": recipient.pause_reason == WRONG_ADDRESSEE,
    }


def _other_left_on(
    session: Session, keyring: Keyring, signature: SignatureRow, own: PersonalLetter
) -> date | None:
    """Return when the letter that holds this one back was handed over, as long as it is known."""
    if not own.is_duplicate:
        return None
    identity_hashes = same_person.identity_hashes_of(keyring, signature)
    whose = identity_hashes, own.row.campaign_id, own.row.recipient
    held_back_on = own.row.changed_at.date()
    for live in (True, False):
        caps = hash_caps(keyring, *whose, live=live)
        day = letter_caps.last_letter_date(session, caps, held_back_on)
        if day is not None and day <= held_back_on:
            return day
    return None
