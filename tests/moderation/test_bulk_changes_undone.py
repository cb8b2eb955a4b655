"""Changes by rule that meet others, are undone, or release: nothing is lost or done twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from campaign.errors import NoLongerPossible, NotFound
from campaign.moderation import bulk_batches, bulk_changes
from campaign.moderation.bulk_batches import BATCH_SIZE
from campaign.moderation.invalidate import restore_one
from campaign.moderation.rules import ChangeKind, ChangeState
from campaign.privacy.ledger import Ledger
from campaign.signatures.queries import counts, same_person, signatures
from campaign.signatures.rows import EventRow, SignatureRow
from campaign.signatures.rules.criteria import ALL_SIGNATURES, SignatureCriteria
from campaign.signatures.rules.signature import SignatureState
from campaign.signing import private_page
from campaign.store.ids import uuid7
from tests.clock import START
from tests.helpers.bulk_changes import (
    CAUSE,
    MANY,
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
    from pathlib import Path

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

pytestmark = pytest.mark.both_databases


def test_what_was_restored_by_hand_meanwhile_is_not_taken_out_again(
    container: Container,
) -> None:
    ids = add_confirmed(container, MANY)
    start_change(container, make_order(container))
    run_batch(container)
    with container.database.writing() as session:
        restore_one(session, container.keyring, ids[0], CAUSE, live=False, now=START)
    finish(container)
    assert checked_total(container) == 1


def test_undoing_brings_back_signatures_and_letters_except_who_signed_again_withdrew_or_went(
    container: Container, clock: Clock, tmp_path: Path
) -> None:
    ids = add_confirmed(container, MANY)
    change_id = start_change(container, make_order(container))
    finish(container)
    with container.database.writing() as session:
        again = session.get_one(SignatureRow, ids[BATCH_SIZE])
        identity = again.identity_hash
        ledger = Ledger(tmp_path / "ledger")
        private_page.withdraw(session, ledger, ids[1], START)
        private_page.delete_submissions(session, ledger, ids[2], live=False, now=START)
        forgotten = update(SignatureRow).where(SignatureRow.id == ids[3])
        session.execute(forgotten.values(sealed=None, identity_hash=None))
    add_confirmed(container, 1, "again.example", identity_hash=identity)
    clock.advance(days=3)
    act_on_change(container, "undo", change_id)
    run_batch(container)
    assert load_change(container, change_id).state is ChangeState.UNDOING
    finish(container)
    row = load_change(container, change_id)
    assert (row.state, row.undone, row.skipped) == (ChangeState.UNDONE, MANY - 4, 2)
    assert (checked_total(container), letters(container, "queued")) == (MANY - 3, MANY - 3)
    with container.database.reading() as session:
        skipped = bulk_changes.list_not_restored(session, change_id, 10)
        assert [one.id for one in skipped] == [ids[3], ids[BATCH_SIZE]]
        assert counts.by_government_and_day(session, 1)[1] == {date(2026, 11, 2): MANY - 3}
    with pytest.raises(NoLongerPossible):
        act_on_change(container, "undo", change_id)


def test_a_running_change_is_undone_from_where_it_is(container: Container) -> None:
    add_confirmed(container, MANY)
    change_id = start_change(container, make_order(container))
    run_batch(container)
    act_on_change(container, "undo", change_id)
    finish(container)
    row = load_change(container, change_id)
    assert (row.done, row.undone, checked_total(container)) == (BATCH_SIZE, BATCH_SIZE, MANY)


class Killed(Exception):
    pass


def die_after(_worked: object) -> None:
    raise Killed


@pytest.mark.asvs("2.3.3")
def test_a_worker_killed_in_a_batch_loses_nothing_and_repeats_nothing(container: Container) -> None:
    add_confirmed(container, MANY)
    change_id = start_change(container, make_order(container))
    for undoing in (False, True):
        if undoing:
            act_on_change(container, "undo", change_id)
        run_batch(container)
        before = checked_total(container)
        with pytest.raises(Killed), container.database.writing() as session:
            die_after(
                bulk_batches.process_next_batch(session, container.keyring, live=False, now=START)
            )
        assert checked_total(container) == before
        finish(container)
    row = load_change(container, change_id)
    assert (row.done, row.undone, row.skipped, checked_total(container)) == (MANY, MANY, 0, MANY)
    with container.database.reading() as session:
        kinds = session.execute(select(EventRow.kind, func.count()).group_by(EventRow.kind))
        assert {number for _, number in kinds} == {MANY}


def test_two_workers_at_once_do_each_signature_once(container: Container) -> None:
    add_confirmed(container, MANY)
    first = start_change(container, make_order(container))
    add_confirmed(container, MANY, "second.example")
    second = start_change(
        container, make_order(container, SignatureCriteria(domain="second.example"))
    )
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(finish, container) for _ in range(2)]:
            done.result()
    finish(container)
    assert [load_change(container, one).done for one in (first, second)] == [MANY, MANY]
    assert checked_total(container) == 0


def test_who_confirms_again_while_an_undo_is_at_work_is_left_out(container: Container) -> None:
    ids = add_confirmed(container, 3)
    change_id = start_change(container, make_order(container))
    finish(container)
    with container.database.reading() as session:
        identity = session.get_one(SignatureRow, ids[1]).identity_hash
    (again,) = add_confirmed(
        container, 1, "again.example", state=SignatureState.PENDING, identity_hash=identity
    )
    act_on_change(container, "undo", change_id)
    with ThreadPoolExecutor(1) as pool:
        with container.database.writing() as session:
            same_person.confirm(session, container.keyring, signatures.lock(session, again), START)
            undoing = pool.submit(finish, container)
            wait([undoing], timeout=0.3)
            assert not undoing.done()
        undoing.result()
    row = load_change(container, change_id)
    assert (row.state, row.undone, row.skipped) == (ChangeState.UNDONE, 2, 1)


def test_held_signatures_are_released_by_rule_and_count_from_that_day(
    container: Container, clock: Clock
) -> None:
    add_confirmed(container, BATCH_SIZE + 10, held=True)
    add_confirmed(container, 2, held=True, government="FR")
    add_confirmed(container, 3)
    clock.advance(days=2)
    order = make_order(container, SignatureCriteria(government="DE"), ChangeKind.RELEASE)
    assert order.previewed_count == BATCH_SIZE + 10
    change_id = start_change(container, order)
    finish(container)
    assert (load_change(container, change_id).done, checked_total(container)) == (
        BATCH_SIZE + 10,
        BATCH_SIZE + 13,
    )
    assert (letters(container, "waiting"), letters(container, "queued")) == (2, BATCH_SIZE + 13)
    with container.database.reading() as session:
        assert counts.by_government_and_day(session, 1)[1][date(2026, 11, 4)] == BATCH_SIZE + 10
    with pytest.raises(NoLongerPossible, match="release"):
        act_on_change(container, "undo", change_id)
    assert make_order(container, ALL_SIGNATURES, ChangeKind.RELEASE).previewed_count == 2


def test_held_signatures_can_be_taken_out_and_stay_held_when_they_come_back(
    container: Container,
) -> None:
    add_confirmed(container, 5, held=True)
    add_confirmed(container, 2)
    change_id = start_change(container, make_order(container, SignatureCriteria(held_only=True)))
    finish(container)
    assert (checked_total(container), letters(container, "dropped")) == (2, 5)
    act_on_change(container, "undo", change_id)
    finish(container)
    assert (checked_total(container), letters(container, "waiting")) == (2, 5)


def test_an_unknown_change_is_said(container: Container) -> None:
    with pytest.raises(NotFound):
        act_on_change(container, "stop", uuid7(START))


def test_who_was_invalidated_by_rule_and_signs_again_counts(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    change_id = start_change(
        container, make_order(container, SignatureCriteria(domain="example.org"))
    )
    finish(container)
    supporter.sign(government="FR")
    act_on_change(container, "undo", change_id)
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert load_change(container, change_id).skipped == 1
    assert (supporter.count(), checked_total(container)) == (1, 1)
