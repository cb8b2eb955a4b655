"""A person's decisions about letters that the worker cannot settle."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from campaign.campaigns.queries import campaigns as queries
from campaign.delivery.queries import carried_letters, decisions, letter_lists
from campaign.delivery.queries.decisions import DecisionReason
from campaign.delivery.rules.outgoing import OutgoingEvent
from campaign.errors import NoLongerPossible
from campaign.language.text import redact
from campaign.letters.queries import letters, printable
from campaign.letters.rules.letter import LetterState
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry, clean_by_and_reason
from campaign.recipients.rules.recipient import audit_subject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.delivery.queries.letter_lists import LetterFilter
    from campaign.letters.rows import LetterRow

MAX_DECISION_BY, MAX_DECISION_REASON = 64, 500
"""Longest name and reason that fit into the attempt log."""

MAX_AT_ONCE = 1_000
"""Most letters decided about at once, in one transaction."""


class DecisionKind(StrEnum):
    """Decisions. `RELEASE`, `DROP`: an uncertain letter. `RETRY`: a refused or bounced one."""

    RELEASE = "release"
    DROP = "drop"
    RETRY = "retry"


_ACTIONS = {
    DecisionKind.RELEASE: AuditAction.LETTERS_RELEASED,
    DecisionKind.DROP: AuditAction.LETTERS_DROPPED,
    DecisionKind.RETRY: AuditAction.LETTERS_RETRIED,
}


@dataclass(frozen=True)
class ManualDecision:
    """A decision about letters: what is decided, by whom and why."""

    kind: DecisionKind
    by: str
    reason: str


def decide_one(session: Session, letter_id: UUID, decision: ManualDecision, now: datetime) -> None:
    """Decide about one letter; if it is sent again, it keeps its Message-ID.

    Raise NotFound for an unknown id, NoLongerPossible for a letter in another state, and
    InvalidText if no person or no reason is given.
    """
    reason = _decision(decision)
    _apply(session, letter_id, decision.kind, reason, now)
    _log(session, decision, f"letter {letter_id}", 1, now)


def decide_digest(
    session: Session, digest_id: UUID, decision: ManualDecision, now: datetime
) -> int:
    """Decide about the uncertain letters of one digest; return how many there are."""
    send = decision.kind is DecisionKind.RELEASE
    count = decisions.resolve_uncertain_digest(
        session, digest_id, _decision(decision), send=send, now=now
    )
    _log(session, decision, f"daily mail {digest_id}", count, now)
    return count


def decide_all(
    session: Session,
    letter_filter: LetterFilter,
    expected: int,
    decision: ManualDecision,
    now: datetime,
) -> int:
    """Decide about the letters that match a filter, oldest first; return how many.

    Raise NoLongerPossible if their number is not `expected`: nobody decides about unseen letters.
    """
    reason = _decision(decision)
    if letter_lists.count(session, letter_filter) != expected:
        raise NoLongerPossible("another number of letters")
    ids = letter_lists.oldest_ids(session, letter_filter, MAX_AT_ONCE)
    for row in letters.lock_in_order(session, ids):
        _apply(session, row.id, decision.kind, reason, now)
    slug = queries.by_id(session, letter_filter.campaign_id).slug
    _log(
        session,
        decision,
        f"campaign {slug}",
        len(ids),
        now,
        detail=letter_filter.description(),
    )
    return len(ids)


def possible_decisions(row: LetterRow) -> list[DecisionKind]:
    """Return the decisions that are possible for a letter now."""
    if row.state is LetterState.UNCERTAIN:
        return [DecisionKind.RELEASE, DecisionKind.DROP]
    can_try = row.state in decisions.FAILED_STATES and row.sealed is not None
    return [DecisionKind.RETRY] if can_try else []


def log_printed(session: Session, by: str, recipient: str, number: int, now: datetime) -> None:
    """Log who printed how many letters: each has a name on it."""
    act = AuditEntry(by, AuditAction.LETTERS_PRINTED, audit_subject(recipient), number=number)
    audit_log.append(session, act, now)


def mark_posted(
    session: Session, by: str, recipient: str, printed: Mapping[UUID, datetime], now: datetime
) -> int:
    """Take printed letters out of the queue, unless they have been sent or changed since.

    `printed`: when each had last changed at the time of printing. Return how many were taken out.
    """
    marked = printable.mark_posted(session, printed, now)
    for letter in marked:
        carried_letters.move_own_message(session, letter, OutgoingEvent.DROP, now)
    act = AuditEntry(by, AuditAction.LETTERS_MARKED, audit_subject(recipient), number=len(marked))
    audit_log.append(session, act, now)
    return len(marked)


def _apply(
    session: Session,
    letter_id: UUID,
    verdict: DecisionKind,
    reason: DecisionReason,
    now: datetime,
) -> None:
    if verdict is DecisionKind.RETRY:
        decisions.retry_failed(session, letter_id, reason, now)
    else:
        send = verdict is DecisionKind.RELEASE
        decisions.resolve_uncertain(session, letter_id, reason, send=send, now=now)


def _decision(decision: ManualDecision) -> DecisionReason:
    by, reason = clean_by_and_reason(
        decision.by, decision.reason, MAX_DECISION_BY, MAX_DECISION_REASON
    )
    return DecisionReason(by, redact(reason))


def _log(
    session: Session,
    decision: ManualDecision,
    about: str,
    count: int,
    now: datetime,
    *,
    detail: str = "",
) -> None:
    action = _ACTIONS[decision.kind]
    audit_log.append(
        session,
        AuditEntry(decision.by, action, about, detail, decision.reason, count),
        now,
    )
