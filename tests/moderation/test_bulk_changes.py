"""Signatures invalidated or released by a rule: seen first, in batches, undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.errors import InvalidText, MoreThanPreviewed, NoLongerPossible
from campaign.moderation import bulk_changes
from campaign.moderation.bulk_batches import BATCH_SIZE
from campaign.moderation.rows import BulkChangeRow
from campaign.moderation.rules import ChangeKind, ChangeState
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction, Justification
from campaign.signatures.rows import EventRow, SignatureRow
from campaign.signatures.rules.criteria import ALL_SIGNATURES, SignatureCriteria
from campaign.signatures.rules.signature import SignatureState
from campaign.store.ids import uuid7
from tests.clock import START
from tests.helpers.bulk_changes import (
    MANY,
    SCRIPT,
    act_on_change,
    checked_total,
    finish,
    letters,
    load_change,
    make_order,
    run_batch,
    start_change,
)
from tests.helpers.signatures import add_confirmed

if TYPE_CHECKING:
    from campaign.container import Container
    from campaign.worker import Worker
    from tests.clock import Clock

pytestmark = pytest.mark.both_databases


def test_a_preview_counts_and_shows_a_sample_and_changes_nothing(container: Container) -> None:
    add_confirmed(container, 30)
    add_confirmed(container, 3, "other.example", government="FR")
    with container.database.reading() as session:
        for rule, count in (
            (SCRIPT, 30),
            (SignatureCriteria(government="FR"), 3),
            (SignatureCriteria(source=""), 33),
            (SignatureCriteria(created_from=START + timedelta(seconds=1)), 0),
        ):
            seen = bulk_changes.preview(
                session, container.keyring, 1, ChangeKind.INVALIDATE, rule, START
            )
            assert (seen.count, len(seen.sample)) == (count, min(count, 20))
        with pytest.raises(InvalidText, match="no-rule"):
            bulk_changes.preview(
                session, container.keyring, 1, ChangeKind.INVALIDATE, ALL_SIGNATURES, START
            )
    assert checked_total(container) == 33


def test_the_worker_invalidates_by_rule_in_batches_and_nothing_else(
    container: Container, worker: Worker, clock: Clock
) -> None:
    add_confirmed(container, MANY)
    add_confirmed(container, 3, "other.example", government="FR")
    order = make_order(container)
    change_id = start_change(container, order)
    assert (load_change(container, change_id).total, checked_total(container)) == (MANY, MANY + 3)
    clock.advance(days=1)
    add_confirmed(container, 1, confirmed_at=clock())
    run_batch(container)
    assert checked_total(container) == MANY + 4 - BATCH_SIZE
    while load_change(container, change_id).state is ChangeState.RUNNING:
        worker.step()
    row = load_change(container, change_id)
    assert (row.state, row.done, row.finished_at) == (ChangeState.DONE, MANY, clock())
    assert (checked_total(container), letters(container, "dropped")) == (4, MANY)
    with container.database.reading() as session:
        assert set(
            session.scalars(
                select(SignatureRow.bulk_change_id).where(
                    SignatureRow.state == SignatureState.INVALIDATED
                )
            )
        ) == {change_id}
        days = session.execute(select(EventRow.kind, EventRow.day).distinct()).all()
        assert {day for kind, day in days if kind == "invalidated"} == {date(2026, 11, 2)}
        (entry,) = audit_log.search(session, AuditFilter(), limit=10)
    assert (entry.action, entry.number, entry.reason) == (
        AuditAction.INVALIDATION_STARTED,
        MANY,
        "made by a script",
    )
    assert entry.about == f"invalidate by rule {change_id}"
    assert "script.example" not in entry.detail
    assert bulk_changes.criteria_of(container.keyring, row) == SCRIPT


def test_a_form_sent_twice_makes_one_change(container: Container) -> None:
    add_confirmed(container, 5)
    order = make_order(container)
    assert start_change(container, order) == start_change(container, order) == order.id
    finish(container)
    assert start_change(container, order) == order.id
    with container.database.reading() as session:
        assert len(session.scalars(select(BulkChangeRow.id)).all()) == 1
        assert len(audit_log.search(session, AuditFilter(), limit=10)) == 1


def test_many_more_than_were_seen_are_not_touched(container: Container) -> None:
    add_confirmed(container, 5)
    order = make_order(container)
    add_confirmed(container, 100)
    assert start_change(container, order)
    finish(container)
    assert checked_total(container) == 0
    add_confirmed(container, 102)
    with pytest.raises(MoreThanPreviewed, match="102 signatures match now, and 1 were shown"):
        start_change(container, replace(order, id=uuid7(START), previewed_count=1))
    assert checked_total(container) == 102
    with pytest.raises(NoLongerPossible):
        start_change(
            container, replace(order, id=uuid7(START), rule=SignatureCriteria(government="MT"))
        )
    with pytest.raises(InvalidText):
        start_change(
            container, replace(order, id=uuid7(START), cause=Justification("x" * 121, "why"))
        )


def test_a_stopped_change_leaves_what_is_done_and_can_be_resumed(
    container: Container, clock: Clock
) -> None:
    add_confirmed(container, MANY)
    change_id = start_change(container, make_order(container))
    run_batch(container)
    act_on_change(container, "stop", change_id)
    assert not run_batch(container)
    assert checked_total(container) == MANY - BATCH_SIZE
    with pytest.raises(NoLongerPossible):
        act_on_change(container, "stop", change_id)
    act_on_change(container, "resume", change_id)
    finish(container)
    assert (checked_total(container), load_change(container, change_id).done) == (0, MANY)
    with pytest.raises(NoLongerPossible):
        act_on_change(container, "resume", change_id)
    with container.database.reading() as session:
        done = [
            (row.action, row.number) for row in audit_log.search(session, AuditFilter(), limit=2)
        ]
    assert done == [
        (AuditAction.CHANGE_RESUMED, MANY - BATCH_SIZE),
        (AuditAction.CHANGE_STOPPED, BATCH_SIZE),
    ]
