"""Invalidate, release or drop many signatures by a rule: seen first, done in batches, undone.

`start`, `stop`, `resume` and `undo` only say what shall be; the worker does it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campaign.errors import MoreThanSeen, NoLongerPossible, UnacceptableText
from campaign.moderation.hold import let_go
from campaign.moderation.invalidate import bring_back, take_out
from campaign.moderation.queries import bulk as store
from campaign.moderation.rules import AT_WORK, OF_HELD, ChangeKind, ChangeState, more_than_seen
from campaign.organisers.audit_log import kept, note
from campaign.organisers.rules.audit_log import Action, Cause
from campaign.signatures.queries import searching, signatures
from campaign.signatures.rules.selection import ANY, Rule
from campaign.signatures.rules.signature import State
from campaign.signatures.search import Sought, ascii_domain, wanted_by
from campaign.signing.submit import end_pending

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.moderation.rows import BulkChangeRow
    from campaign.signatures.queries.searching import Wanted
    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.store.keyring import Keyring

BATCH = 200
"""Signatures in one transaction, so that nobody waits long for one of them."""

SAMPLE = 20

_STARTED = {
    ChangeKind.INVALIDATE: Action.INVALIDATION_STARTED,
    ChangeKind.RELEASE: Action.RELEASE_STARTED,
    ChangeKind.DROP: Action.DROP_STARTED,
}


@dataclass(frozen=True)
class Preview:
    """How many signatures a change would be about, and the newest of them."""

    count: int
    sample: Sequence[SignatureRow]


@dataclass(frozen=True)
class Order:
    """A change as its asker saw it. `id` came with the form, `seen` is the preview's count."""

    id: UUID
    campaign_id: int
    kind: ChangeKind
    rule: Rule
    cause: Cause
    seen: int


def preview(
    session: Session,
    keyring: Keyring,
    campaign_id: int,
    kind: ChangeKind,
    rule: Rule,
    now: datetime,
) -> Preview:
    """Return what a change would be about, and change nothing.

    Raise UnacceptableText for a rule that says nothing and a domain that is none.
    """
    wanted = _wanted(keyring, campaign_id, kind, _meant(kind, rule), now)
    return Preview(searching.count(session, wanted), searching.listing(session, wanted, SAMPLE))


def number(
    session: Session,
    keyring: Keyring,
    campaign_id: int,
    kind: ChangeKind,
    rule: Rule,
    now: datetime,
) -> int:
    """Return how many signatures a change would be about; raise as `preview`."""
    return searching.count(session, _wanted(keyring, campaign_id, kind, _meant(kind, rule), now))


def start(session: Session, keyring: Keyring, order: Order, now: datetime) -> BulkChangeRow:
    """Let the worker change what meets the rule by now.

    The same id twice makes one change. Raise MoreThanSeen if many more signatures meet
    the rule than the asker saw, NoLongerPossible if none does any more, and UnacceptableText
    as `preview` and for a missing reason.
    """
    if (known := store.peek(session, order.id)) is not None:
        return known
    rule, cause = _meant(order.kind, order.rule), kept(order.cause)
    wanted = _wanted(keyring, order.campaign_id, order.kind, rule, now)
    count = searching.count(session, wanted)
    if more_than_seen(order.seen, count):
        raise MoreThanSeen(order.seen, count)
    if count == 0:
        raise NoLongerPossible("met by no signature")
    row = store.add(
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
        return store.find(session, order.id)
    unnamed = replace(rule, domain="(not shown)" if rule.domain else "")
    note(session, cause, _STARTED[row.kind], about(row), now, unnamed.words, count)
    return row


def stop(session: Session, change_id: UUID, cause: Cause, now: datetime) -> BulkChangeRow:
    """Halt a change after the batch in hand; what is done stays done.

    Raise NotFound, NoLongerPossible unless it is running, or UnacceptableText.
    """
    row = _locked(session, change_id, ChangeState.RUNNING)
    row.state = ChangeState.STOPPED
    note(session, cause, Action.CHANGE_STOPPED, about(row), now, number=row.done)
    return row


def resume(session: Session, change_id: UUID, cause: Cause, now: datetime) -> BulkChangeRow:
    """Go on with a stopped change, about what met the rule when it was asked for.

    Raise NotFound, NoLongerPossible unless it is stopped, or UnacceptableText.
    """
    row = _locked(session, change_id, ChangeState.STOPPED)
    row.state = ChangeState.RUNNING
    note(session, cause, Action.CHANGE_RESUMED, about(row), now, number=row.total - row.done)
    return row


def undo(session: Session, change_id: UUID, cause: Cause, now: datetime) -> BulkChangeRow:
    """Bring back what an invalidation took out, except who has signed again since.

    Raise NotFound, NoLongerPossible for another change or one that is undone, or UnacceptableText.
    """
    undoable = (ChangeState.RUNNING, ChangeState.STOPPED, ChangeState.DONE)
    row = _locked(session, change_id, *undoable)
    if row.kind is not ChangeKind.INVALIDATE:
        raise NoLongerPossible(f"a {row.kind}")
    row.state, row.last_id, row.finished_at = ChangeState.UNDOING, None, None
    note(session, cause, Action.INVALIDATION_UNDONE, about(row), now, number=row.done)
    return row


def skipped(session: Session, change_id: UUID, limit: int) -> Sequence[SignatureRow]:
    """Return what an undone invalidation did not bring back: signed again, or erased."""
    row = store.find(session, change_id)
    return store.left_out(session, row.id, limit) if row.state is ChangeState.UNDONE else []


def rule_of(keyring: Keyring, row: BulkChangeRow) -> Rule:
    """Return the rule of a change, with its domain opened."""
    return Rule(
        source=row.source,
        created_from=row.created_from,
        created_until=row.created_until,
        domain=open_domain(keyring, row.id, row.domain) if row.domain else "",
        government=row.government or "",
        held_only=row.held_only,
        held_for=row.held_for,
    )


def work(session: Session, keyring: Keyring, *, live: bool, now: datetime) -> bool:
    """Do one batch of the change that waits longest; False if there is none to do."""
    row = store.lock_next(session)
    if row is None:
        return False
    _batch(session, keyring, row, live=live, now=now)
    return True


def work_on(
    session: Session, keyring: Keyring, change_id: UUID, *, live: bool, now: datetime
) -> BulkChangeRow:
    """Do one batch of this change, unless it is at rest."""
    row = store.lock(session, change_id)
    if row.state in AT_WORK:
        _batch(session, keyring, row, live=live, now=now)
    return row


def _batch(
    session: Session, keyring: Keyring, row: BulkChangeRow, *, live: bool, now: datetime
) -> None:
    """Do the next signatures. The cursor moves in their transaction: none is done twice."""
    undoing = row.state is ChangeState.UNDOING
    ids = (store.next_taken_out if undoing else store.next_ids)(session, row, BATCH)
    if ids:
        row.last_id = ids[-1]
    if len(ids) < BATCH:
        row.state = ChangeState.UNDONE if undoing else ChangeState.DONE
        row.finished_at = now
    if undoing:
        _bring_back(session, keyring, row, ids, live=live, now=now)
    else:
        _change(session, keyring, row, ids, live=live, now=now)


def _change(
    session: Session,
    keyring: Keyring,
    row: BulkChangeRow,
    ids: Sequence[UUID],
    *,
    live: bool,
    now: datetime,
) -> None:
    meant = store.lock_meant(session, row, ids)
    row.done += len(meant)
    if row.kind is ChangeKind.INVALIDATE:
        take_out(session, meant, now, row.id)
    elif row.kind is ChangeKind.RELEASE:
        let_go(session, keyring, meant, live=live, now=now)
    else:
        for one in meant:
            end_pending(session, one, State.DROPPED, now)


def _bring_back(
    session: Session,
    keyring: Keyring,
    row: BulkChangeRow,
    ids: Sequence[UUID],
    *,
    live: bool,
    now: datetime,
) -> None:
    locked = signatures.lock_in_order(session, ids).values()
    out = [one for one in locked if one.state is State.INVALIDATED]
    back = bring_back(session, keyring, out, live=live, now=now)
    row.undone += back
    row.skipped += len(out) - back


def _wanted(
    keyring: Keyring, campaign_id: int, kind: ChangeKind, rule: Rule, now: datetime
) -> Wanted:
    return store.meant_by(kind, wanted_by(keyring, campaign_id, Sought(rule)), now)


def _meant(kind: ChangeKind, rule: Rule) -> Rule:
    """Return the rule as it is kept: only what is held can be released or dropped."""
    meant = replace(rule, held_only=True) if kind in OF_HELD else rule
    if meant == ANY:
        raise UnacceptableText("no-rule")
    return meant


def _locked(session: Session, change_id: UUID, *states: ChangeState) -> BulkChangeRow:
    row = store.lock(session, change_id)
    if row.state not in states:
        raise NoLongerPossible(row.state)
    return row


def _sealed_domain(keyring: Keyring, change_id: UUID, rule: Rule) -> bytes | None:
    return seal_domain(keyring, change_id, ascii_domain(rule.domain)) if rule.domain else None


def about(row: BulkChangeRow) -> str:
    """Return how the log names a change."""
    return f"{row.kind} by rule {row.id}"


def seal_domain(keyring: Keyring, change_id: UUID, domain: str) -> bytes:
    return keyring.seal(change_id, "bulk_changes.domain", {"domain": domain})


def open_domain(keyring: Keyring, change_id: UUID, sealed: bytes) -> str:
    """Return the mail domain that a change by rule is about."""
    return str(keyring.open(change_id, "bulk_changes.domain", sealed)["domain"])
