"""Changes by rule that meet others, are undone, or release: nothing is lost or done twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from campaign.errors import NoLongerPossible, NotFound
from campaign.moderation import bulk
from campaign.moderation.bulk import BATCH
from campaign.moderation.invalidate import restore_one
from campaign.moderation.rules import ChangeKind, ChangeState
from campaign.privacy.ledger import Ledger
from campaign.signatures.queries import counts, signatures
from campaign.signatures.rows.signatures import EventRow, SignatureRow
from campaign.signatures.rules.selection import ANY, Rule
from campaign.signatures.rules.signature import State
from campaign.signing import private_page as own_page
from campaign.store.ids import uuid7
from tests.bulk_for_tests import (
    CAUSE,
    MANY,
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
    from pathlib import Path

    from campaign.container import House
    from tests.clock import Clock
    from tests.supporter import Supporter


def test_what_was_restored_by_hand_meanwhile_is_not_taken_out_again(
    house: House,
) -> None:
    ids = confirmed(house, MANY)
    started(house, asked(house))
    batch(house)
    with house.database.writing() as session:
        restore_one(session, house.keyring, ids[0], CAUSE, live=False, now=START)
    finish(house)
    assert total(house) == 1


def test_undoing_brings_back_signatures_and_letters_except_who_signed_again_withdrew_or_went(
    house: House, clock: Clock, tmp_path: Path
) -> None:
    ids = confirmed(house, MANY)
    change_id = started(house, asked(house))
    finish(house)
    with house.database.writing() as session:
        again = session.get_one(SignatureRow, ids[BATCH])
        identity = again.identity_hash
        ledger = Ledger(tmp_path / "ledger")
        own_page.withdraw(session, ledger, ids[1], START)
        own_page.erase(session, ledger, ids[2], live=False, now=START)
        forgotten = update(SignatureRow).where(SignatureRow.id == ids[3])
        session.execute(forgotten.values(sealed=None, identity_hash=None))
    confirmed(house, 1, "again.example", identity_hash=identity)
    clock.advance(days=3)
    say(house, "undo", change_id)
    batch(house)
    assert change(house, change_id).state is ChangeState.UNDOING
    finish(house)
    row = change(house, change_id)
    assert (row.state, row.undone, row.skipped) == (ChangeState.UNDONE, MANY - 4, 2)
    assert (total(house), letters(house, "queued")) == (MANY - 3, MANY - 3)
    with house.database.reading() as session:
        skipped = bulk.skipped(session, change_id, 10)
        assert [one.id for one in skipped] == [ids[3], ids[BATCH]]
        assert counts.public(session, 1)[1] == {date(2026, 11, 2): MANY - 3}
    with pytest.raises(NoLongerPossible):
        say(house, "undo", change_id)


def test_a_running_change_is_undone_from_where_it_is(house: House) -> None:
    confirmed(house, MANY)
    change_id = started(house, asked(house))
    batch(house)
    say(house, "undo", change_id)
    finish(house)
    row = change(house, change_id)
    assert (row.done, row.undone, total(house)) == (BATCH, BATCH, MANY)


class Killed(Exception):
    pass


def die_after(_worked: object) -> None:
    raise Killed


@pytest.mark.asvs("2.3.3")
def test_a_worker_killed_in_a_batch_loses_nothing_and_repeats_nothing(house: House) -> None:
    confirmed(house, MANY)
    change_id = started(house, asked(house))
    for undoing in (False, True):
        if undoing:
            say(house, "undo", change_id)
        batch(house)
        before = total(house)
        with pytest.raises(Killed), house.database.writing() as session:
            die_after(bulk.work(session, house.keyring, live=False, now=START))
        assert total(house) == before
        finish(house)
    row = change(house, change_id)
    assert (row.done, row.undone, row.skipped, total(house)) == (MANY, MANY, 0, MANY)
    with house.database.reading() as session:
        kinds = session.execute(select(EventRow.kind, func.count()).group_by(EventRow.kind))
        assert {number for _, number in kinds} == {MANY}


def test_two_workers_at_once_do_each_signature_once(house: House) -> None:
    confirmed(house, MANY)
    first = started(house, asked(house))
    confirmed(house, MANY, "second.example")
    second = started(house, asked(house, Rule(domain="second.example")))
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(finish, house) for _ in range(2)]:
            done.result()
    finish(house)
    assert [change(house, one).done for one in (first, second)] == [MANY, MANY]
    assert total(house) == 0


def test_who_confirms_again_while_an_undo_is_at_work_is_left_out(house: House) -> None:
    ids = confirmed(house, 3)
    change_id = started(house, asked(house))
    finish(house)
    with house.database.reading() as session:
        identity = session.get_one(SignatureRow, ids[1]).identity_hash
    (again,) = confirmed(house, 1, "again.example", state=State.PENDING, identity_hash=identity)
    say(house, "undo", change_id)
    with ThreadPoolExecutor(1) as pool:
        with house.database.writing() as session:
            signatures.mark_confirmed(
                session, house.keyring, signatures.lock(session, again), START
            )
            undoing = pool.submit(finish, house)
            wait([undoing], timeout=0.3)
            assert not undoing.done()
        undoing.result()
    row = change(house, change_id)
    assert (row.state, row.undone, row.skipped) == (ChangeState.UNDONE, 2, 1)


def test_held_signatures_are_released_by_rule_and_count_from_that_day(
    house: House, clock: Clock
) -> None:
    confirmed(house, BATCH + 10, held=True)
    confirmed(house, 2, held=True, government="FR")
    confirmed(house, 3)
    clock.advance(days=2)
    order = asked(house, Rule(government="DE"), ChangeKind.RELEASE)
    assert order.seen == BATCH + 10
    change_id = started(house, order)
    finish(house)
    assert (change(house, change_id).done, total(house)) == (BATCH + 10, BATCH + 13)
    assert (letters(house, "waiting"), letters(house, "queued")) == (2, BATCH + 13)
    with house.database.reading() as session:
        assert counts.public(session, 1)[1][date(2026, 11, 4)] == BATCH + 10
    with pytest.raises(NoLongerPossible, match="release"):
        say(house, "undo", change_id)
    assert asked(house, ANY, ChangeKind.RELEASE).seen == 2


def test_held_signatures_can_be_taken_out_and_stay_held_when_they_come_back(house: House) -> None:
    confirmed(house, 5, held=True)
    confirmed(house, 2)
    change_id = started(house, asked(house, Rule(held_only=True)))
    finish(house)
    assert (total(house), letters(house, "dropped")) == (2, 5)
    say(house, "undo", change_id)
    finish(house)
    assert (total(house), letters(house, "waiting")) == (2, 5)


def test_an_unknown_change_is_said(house: House) -> None:
    with pytest.raises(NotFound):
        say(house, "stop", uuid7(START))


def test_who_was_invalidated_by_rule_and_signs_again_counts(
    supporter: Supporter, house: House
) -> None:
    supporter.sign()
    change_id = started(house, asked(house, Rule(domain="example.org")))
    finish(house)
    supporter.sign(government="FR")
    say(house, "undo", change_id)
    supporter.worker.sweep()
    supporter.deliver()
    assert change(house, change_id).skipped == 1
    assert (supporter.count(), total(house)) == (1, 1)
