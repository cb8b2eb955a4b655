"""The actions and entries of the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from campaign.errors import InvalidText
from campaign.language.text import clean_line

MAX_BY = 120
MAX_REASON = 1_000


class AuditAction(StrEnum):
    """What was done. The log stores the word, so a word that was used once never changes."""

    ADDRESS_VERIFIED = "address verified"
    ADDRESS_CHECKED = "address checked by a first person"
    ADDRESS_WRONG = "address marked as wrong"
    PACE_SET = "pace changed"
    DIGEST_ON = "one mail a day begun"
    DIGEST_OFF = "one mail a day ended"
    PAUSED = "ministry paused"
    RESUMED = "ministry resumed"
    DIRECTORY_IMPORTED = "directory imported"
    NEW_IN_OFFICE = "new in office"
    LETTERS_RELEASED = "uncertain letters released"
    LETTERS_DROPPED = "uncertain letters dropped"
    LETTERS_RETRIED = "failed letters queued again"
    LETTERS_PRINTED = "letters printed"
    LETTERS_MARKED = "letters marked as posted"
    MESSAGE_FILED = "message filed by hand"
    MESSAGE_FORGOTTEN = "message deleted"
    REVISION_PUBLISHED = "revision published"
    DATES_CHANGED = "dates changed"
    INVITED = "organiser invited"
    ROLE_SET = "role changed"
    ACCESS_ENDED = "access ended"
    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    PASSWORD_SET = "password set"  # noqa: S105 - a word of the log
    SECOND_STEP_SET = "second step set"
    SIGN_IN_FAILED = "sign-in failed again and again"
    RECOVERY_CODES_MADE = "recovery codes made"
    RECOVERY_CODE_USED = "recovery code used"
    COUNTS_EXPORTED = "counts exported"
    LETTERS_EXPORTED = "list of letters exported"
    SIGNATURES_EXPORTED = "signatures exported"
    EXPORT_FETCHED = "file of an export fetched"
    EXPORT_CANCELLED = "export cancelled or deleted"
    LETTER_FETCHED = "letter fetched as sent"
    ANSWER_FETCHED = "answer fetched as it came"
    ANSWER_PASSED_ON = "message in doubt passed on as an answer"
    ANSWER_SET_ASIDE = "message in doubt filed as no answer"
    PACK_EXPORTED = "hand-over pack made"
    SIGNATURE_INVALIDATED = "signature invalidated"
    SIGNATURE_RESTORED = "signature restored"
    SIGNATURE_HELD = "signature held"
    SIGNATURE_RELEASED = "signature released"
    SIGNATURE_DELETED = "signature deleted"
    INVALIDATION_STARTED = "invalidation by rule started"
    INVALIDATION_UNDONE = "invalidation by rule undone"
    RELEASE_STARTED = "release by rule started"
    DROP_STARTED = "drop by rule started"
    CHANGE_STOPPED = "change by rule stopped"
    CHANGE_RESUMED = "change by rule resumed"
    ATTACK_BEGUN = "under attack: everything new is held"
    ATTACK_ENDED = "not under attack any more"
    RESTORED = "backup restored"
    RETENTION_TOLD = "erasing announced"
    RETENTION_DONE = "erased at the end of its time"
    TRIAL_CLEARED = "signatures of the trial cleared"
    TRIAL_KEPT = "signatures of the trial kept"
    CAMPAIGN_CREATED = "campaign created"
    CAMPAIGN_CLOSED = "campaign closed"
    CAMPAIGN_REOPENED = "campaign reopened"
    CAMPAIGN_ARCHIVED = "campaign archived"
    CAMPAIGN_UNARCHIVED = "campaign taken out of the archive"
    CAMPAIGN_UNPUBLISHED = "campaign unpublished"
    CAMPAIGN_DELETED = "draft campaign deleted"
    ADDRESS_CHANGED = "campaign's address changed"
    PUBLICATION_SCHEDULED = "publication scheduled"
    PUBLICATION_ASKED = "publication asked for"
    PUBLICATION_APPROVED = "publication approved"
    PUBLICATION_CANCELLED = "publication cancelled"
    REHEARSAL_STARTED = "rehearsal started"
    REHEARSAL_ENDED = "rehearsal ended"
    NEWS_STARTED = "news sent"
    NEWS_STOPPED = "news stopped"


REQUIRES_REASON = frozenset({AuditAction.SIGNATURES_EXPORTED, AuditAction.PACK_EXPORTED})
"""Actions that export personal data."""


@dataclass(frozen=True)
class Justification:
    """Who asks for an action, and why."""

    by: str
    reason: str


@dataclass(frozen=True)
class AuditEntry:
    """One action: who did what to what, and why.

    `about`: the kind of thing and its id, as "recipient DE/justice". `number`: how many it was
    done to. An entry has nothing about a supporter except her signature's id; addresses in
    `reason` are masked.
    """

    who: str
    action: AuditAction
    about: str = ""
    detail: str = ""
    reason: str = ""
    number: int | None = None


def clean_by_and_reason(
    by: str, reason: str, most_by: int = MAX_BY, most_reason: int = MAX_REASON
) -> tuple[str, str]:
    """Return who checked or decided, and why, cleaned for storing; raise InvalidText if invalid."""
    by, reason = clean_line(by), clean_line(reason)
    if len(by) > most_by or len(reason) > most_reason:
        raise InvalidText("too-long")
    if not reason or not by:
        raise InvalidText("no-reason")
    return by, reason
