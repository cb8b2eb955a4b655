"""Signatures invalidated or released by a rule: seen first, in batches, undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.errors import MoreThanSeen, NoLongerPossible, UnacceptableText
from campaign.moderation import bulk
from campaign.moderation.bulk import BATCH
from campaign.moderation.rows import BulkChangeRow
from campaign.moderation.rules import ChangeKind, ChangeState
from campaign.organisers.queries import audit_log as log
from campaign.organisers.queries.audit_log import Wanted
from campaign.organisers.rules.audit_log import Action, Cause
from campaign.signatures.rows.signatures import EventRow, SignatureRow
from campaign.signatures.rules.selection import ANY, Rule
from campaign.signatures.rules.signature import State
from campaign.store.ids import uuid7
from tests.bulk_for_tests import (
    MANY,
    SCRIPT,
    asked,
    batch,
    change,
    finish,
    letters,
    say,
    started,
    total,
)
from tests.clock import START
from tests.signatures_for_tests import confirmed

if TYPE_CHECKING:
    from campaign.container import House
    from campaign.worker import Worker
    from tests.clock import Clock


def test_a_preview_counts_and_shows_a_sample_and_changes_nothing(house: House) -> None:
    confirmed(house, 30)
    confirmed(house, 3, "other.example", government="FR")
    with house.database.reading() as session:
        for rule, count in (
            (SCRIPT, 30),
            (Rule(government="FR"), 3),
            (Rule(source=""), 33),
            (Rule(created_from=START + timedelta(seconds=1)), 0),
        ):
            seen = bulk.preview(session, house.keyring, 1, ChangeKind.INVALIDATE, rule, START)
            assert (seen.count, len(seen.sample)) == (count, min(count, 20))
        with pytest.raises(UnacceptableText, match="no-rule"):
            bulk.preview(session, house.keyring, 1, ChangeKind.INVALIDATE, ANY, START)
    assert total(house) == 33


def test_the_worker_invalidates_by_rule_in_batches_and_nothing_else(
    house: House, worker: Worker, clock: Clock
) -> None:
    confirmed(house, MANY)
    confirmed(house, 3, "other.example", government="FR")
    order = asked(house)
    change_id = started(house, order)
    assert (change(house, change_id).total, total(house)) == (MANY, MANY + 3)
    clock.advance(days=1)
    confirmed(house, 1, confirmed_at=clock())
    batch(house)
    assert total(house) == MANY + 4 - BATCH
    worker.step()
    worker.step()
    row = change(house, change_id)
    assert (row.state, row.done, row.finished_at) == (ChangeState.DONE, MANY, clock())
    assert (total(house), letters(house, "dropped")) == (4, MANY)
    with house.database.reading() as session:
        assert set(
            session.scalars(
                select(SignatureRow.bulk_change_id).where(SignatureRow.state == State.INVALIDATED)
            )
        ) == {change_id}
        days = session.execute(select(EventRow.kind, EventRow.day).distinct()).all()
        assert {day for kind, day in days if kind == "invalidated"} == {date(2026, 11, 2)}
        (entry,) = log.entries(session, Wanted(), limit=10)
    assert (entry.action, entry.number, entry.reason) == (
        Action.INVALIDATION_STARTED,
        MANY,
        "made by a script",
    )
    assert entry.about == f"invalidate by rule {change_id}"
    assert "script.example" not in entry.detail
    assert bulk.rule_of(house.keyring, row) == SCRIPT


def test_a_form_sent_twice_makes_one_change(house: House) -> None:
    confirmed(house, 5)
    order = asked(house)
    assert started(house, order) == started(house, order) == order.id
    finish(house)
    assert started(house, order) == order.id
    with house.database.reading() as session:
        assert len(session.scalars(select(BulkChangeRow.id)).all()) == 1
        assert len(log.entries(session, Wanted(), limit=10)) == 1


def test_many_more_than_were_seen_are_not_touched(house: House) -> None:
    confirmed(house, 5)
    order = asked(house)
    confirmed(house, 100)
    assert started(house, order)
    finish(house)
    assert total(house) == 0
    confirmed(house, 102)
    with pytest.raises(MoreThanSeen, match="102 signatures meet the rule now, and 1 were shown"):
        started(house, replace(order, id=uuid7(START), seen=1))
    assert total(house) == 102
    with pytest.raises(NoLongerPossible):
        started(house, replace(order, id=uuid7(START), rule=Rule(government="MT")))
    with pytest.raises(UnacceptableText):
        started(house, replace(order, id=uuid7(START), cause=Cause("x" * 121, "why")))


def test_a_stopped_change_leaves_what_is_done_and_can_be_resumed(
    house: House, clock: Clock
) -> None:
    confirmed(house, MANY)
    change_id = started(house, asked(house))
    batch(house)
    say(house, "stop", change_id)
    assert not batch(house)
    assert total(house) == MANY - BATCH
    with pytest.raises(NoLongerPossible):
        say(house, "stop", change_id)
    say(house, "resume", change_id)
    finish(house)
    assert (total(house), change(house, change_id).done) == (0, MANY)
    with pytest.raises(NoLongerPossible):
        say(house, "resume", change_id)
    with house.database.reading() as session:
        done = [(row.action, row.number) for row in log.entries(session, Wanted(), limit=2)]
    assert done == [(Action.CHANGE_RESUMED, MANY - BATCH), (Action.CHANGE_STOPPED, BATCH)]
