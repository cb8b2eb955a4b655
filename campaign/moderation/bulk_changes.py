"""Invalidate, release or drop many signatures by a rule: previewed, done in batches, undone.

`start`, `stop`, `resume` and `undo` only record the request; the worker carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campaign.errors import InvalidText, MoreThanPreviewed, NoLongerPossible
from campaign.moderation.queries import bulk_changes
from campaign.moderation.rules import (
    HELD_ONLY_KINDS,
    ChangeKind,
    ChangeState,
    exceeds_preview,
)
from campaign.organisers.audit_log import clean_cause, log_action
from campaign.organisers.rules.audit_log import AuditAction, Justification
from campaign.signatures.queries import search
from campaign.signatures.rules.criteria import ALL_SIGNATURES, SignatureCriteria
from campaign.signatures.search import ListCriteria, ascii_domain, build_query

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.moderation.rows import BulkChangeRow
    from campaign.signatures.queries.search import SignatureQuery
    from campaign.signatures.rows import SignatureRow
    from campaign.store.keyring import Keyring


SAMPLE_SIZE = 20

_STARTED = {
    ChangeKind.INVALIDATE: AuditAction.INVALIDATION_STARTED,
    ChangeKind.RELEASE: AuditAction.RELEASE_STARTED,
    ChangeKind.DROP: AuditAction.DROP_STARTED,
}


@dataclass(frozen=True)
class BulkPreview:
    """How many signatures a change would affect, and the newest of them."""

    count: int
    sample: Sequence[SignatureRow]


@dataclass(frozen=True)
class BulkChangeRequest:
    """A change as requested: `id` came with the form, `previewed_count` with its preview."""

    id: UUID
    campaign_id: int
    kind: ChangeKind
    rule: SignatureCriteria
    cause: Justification
    previewed_count: int


def preview(
    session: Session,
    keyring: Keyring,
    campaign_id: int,
    kind: ChangeKind,
    rule: SignatureCriteria,
    now: datetime,
) -> BulkPreview:
    """Return which signatures a change would affect, and change nothing.

    Raise InvalidText for an empty rule or an invalid domain.
    """
    wanted = _matching_query(keyring, campaign_id, kind, _effective_criteria(kind, rule), now)
    return BulkPreview(search.count(session, wanted), search.listing(session, wanted, SAMPLE_SIZE))


def count_matching(
    session: Session,
    keyring: Keyring,
    campaign_id: int,
    kind: ChangeKind,
    rule: SignatureCriteria,
    now: datetime,
) -> int:
    """Return how many signatures a change would affect; raise the same errors as `preview`."""
    return search.count(
        session, _matching_query(keyring, campaign_id, kind, _effective_criteria(kind, rule), now)
    )


def start(
    session: Session, keyring: Keyring, order: BulkChangeRequest, now: datetime
) -> BulkChangeRow:
    """Let the worker change the signatures that match the rule by now.

    The same id twice makes one change. Raise MoreThanPreviewed if many more signatures match
    the rule than the preview showed, NoLongerPossible if none matches any more, and InvalidText
    as `preview` does and for a missing reason.
    """
    if (known := bulk_changes.find(session, order.id)) is not None:
        return known
    rule, cause = _effective_criteria(order.kind, order.rule), clean_cause(order.cause)
    wanted = _matching_query(keyring, order.campaign_id, order.kind, rule, now)
    count = search.count(session, wanted)
    if exceeds_preview(order.previewed_count, count):
        raise MoreThanPreviewed(order.previewed_count, count)
    if count == 0:
        raise NoLongerPossible("met by no signature")
    row = bulk_changes.add(
        session,
        {
            "id": order.id,
            "campaign_id": order.campaign_id,
            "kind": order.kind,
            "source": rule.source,
            "created_from": rule.created_from,
            "created_until": rule.created_until,
            "domain_hash": wanted.domain_hash,
            "domain": _sealed_domain(keyring, order.id, rule),
            "government": wanted.government,
            "held_only": rule.held_only,
            "held_for": rule.held_for,
            "reason": cause.reason,
            "asked_by": cause.by,
            "asked_at": now,
            "total": count,
        },
    )
    if row is None:  # the form was sent twice at the same moment
        return bulk_changes.get_one(session, order.id)
    unnamed = replace(rule, domain="(not shown)" if rule.domain else "")
    log_action(
        session, cause, _STARTED[row.kind], audit_subject(row), now, unnamed.description(), count
    )
    return row


def stop(session: Session, change_id: UUID, cause: Justification, now: datetime) -> BulkChangeRow:
    """Stop a change after the current batch; what is done stays done.

    Raise NotFound, NoLongerPossible unless it is running, or InvalidText.
    """
    row = _locked(session, change_id, ChangeState.RUNNING)
    row.state = ChangeState.STOPPED
    log_action(session, cause, AuditAction.CHANGE_STOPPED, audit_subject(row), now, number=row.done)
    return row


def resume(session: Session, change_id: UUID, cause: Justification, now: datetime) -> BulkChangeRow:
    """Resume a stopped change, for what matched the rule when it was requested.

    Raise NotFound, NoLongerPossible unless it is stopped, or InvalidText.
    """
    row = _locked(session, change_id, ChangeState.STOPPED)
    row.state = ChangeState.RUNNING
    log_action(
        session,
        cause,
        AuditAction.CHANGE_RESUMED,
        audit_subject(row),
        now,
        number=row.total - row.done,
    )
    return row


def undo(session: Session, change_id: UUID, cause: Justification, now: datetime) -> BulkChangeRow:
    """Restore what an invalidation took out, except for people who have signed again since.

    Raise NotFound, NoLongerPossible for another change or one that is undone, or InvalidText.
    """
    undoable = (ChangeState.RUNNING, ChangeState.STOPPED, ChangeState.DONE)
    row = _locked(session, change_id, *undoable)
    if row.kind is not ChangeKind.INVALIDATE:
        raise NoLongerPossible(f"a {row.kind}")
    row.state, row.last_id, row.finished_at = ChangeState.UNDOING, None, None
    log_action(
        session, cause, AuditAction.INVALIDATION_UNDONE, audit_subject(row), now, number=row.done
    )
    return row


def list_not_restored(session: Session, change_id: UUID, limit: int) -> Sequence[SignatureRow]:
    """Return what an undone invalidation did not restore: signed again, or erased."""
    row = bulk_changes.get_one(session, change_id)
    return (
        bulk_changes.list_still_invalidated(session, row.id, limit)
        if row.state is ChangeState.UNDONE
        else []
    )


def criteria_of(keyring: Keyring, row: BulkChangeRow) -> SignatureCriteria:
    """Return the rule of a change, with its domain unsealed."""
    return SignatureCriteria(
        source=row.source,
        created_from=row.created_from,
        created_until=row.created_until,
        domain=unseal_domain(keyring, row.id, row.domain) if row.domain else "",
        government=row.government or "",
        held_only=row.held_only,
        held_for=row.held_for,
    )


def _matching_query(
    keyring: Keyring, campaign_id: int, kind: ChangeKind, rule: SignatureCriteria, now: datetime
) -> SignatureQuery:
    return bulk_changes.narrow_to_kind(
        kind, build_query(keyring, campaign_id, ListCriteria(rule)), now
    )


def _effective_criteria(kind: ChangeKind, rule: SignatureCriteria) -> SignatureCriteria:
    """Return the rule as it is stored: only held signatures can be released or dropped."""
    meant = replace(rule, held_only=True) if kind in HELD_ONLY_KINDS else rule
    if meant == ALL_SIGNATURES:
        raise InvalidText("no-rule")
    return meant


def _locked(session: Session, change_id: UUID, *states: ChangeState) -> BulkChangeRow:
    row = bulk_changes.lock(session, change_id)
    if row.state not in states:
        raise NoLongerPossible(row.state)
    return row


def _sealed_domain(keyring: Keyring, change_id: UUID, rule: SignatureCriteria) -> bytes | None:
    return seal_domain(keyring, change_id, ascii_domain(rule.domain)) if rule.domain else None


def audit_subject(row: BulkChangeRow) -> str:
    """Return how the audit log names a change."""
    return f"{row.kind} by rule {row.id}"


def seal_domain(keyring: Keyring, change_id: UUID, domain: str) -> bytes:
    return keyring.seal(change_id, "bulk_changes.domain", {"domain": domain})


def unseal_domain(keyring: Keyring, change_id: UUID, sealed: bytes) -> str:
    """Return the mail domain of a change's rule."""
    return str(keyring.open(change_id, "bulk_changes.domain", sealed)["domain"])
