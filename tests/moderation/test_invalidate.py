"""Single signatures taken out of the count, brought back, held and released."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select, update

from campaign.errors import AlreadySigned, NoLongerPossible, NotFound, UnacceptableText
from campaign.letters.rows import LetterRow
from campaign.moderation.hold import hold_one, release
from campaign.moderation.invalidate import invalidate_one, restore_one
from campaign.organisers.queries import audit_log as log
from campaign.organisers.queries.audit_log import Wanted
from campaign.organisers.rules.audit_log import Action, Cause
from campaign.recipients.rows.ministries import MinistryRow
from campaign.signatures.queries import counts, events
from campaign.signatures.rows.signatures import SignatureRow
from campaign.signatures.rules.signature import EventKind, State

if TYPE_CHECKING:
    from campaign.container import House
    from campaign.organisers.rows.audit_log import LogRow
    from tests.clock import Clock
    from tests.supporter import Supporter

CAUSE = Cause("Ada Example", "made by a script")


def ids(house: House) -> list[UUID]:
    with house.database.reading() as session:
        return list(session.scalars(select(SignatureRow.id).order_by(SignatureRow.created_at)))


def invalidate(house: House, signature_id: UUID, cause: Cause = CAUSE) -> None:
    with house.database.writing() as session:
        invalidate_one(session, signature_id, cause, house.clock())


def restore(house: House, signature_id: UUID) -> None:
    live = house.settings.live
    with house.database.writing() as session:
        restore_one(session, house.keyring, signature_id, CAUSE, live=live, now=house.clock())


def hold(house: House, signature_id: UUID) -> None:
    with house.database.writing() as session:
        hold_one(session, signature_id, CAUSE, house.clock())


def let_go(house: House, *signature_ids: UUID) -> int:
    live = house.settings.live
    with house.database.writing() as session:
        return release(session, house.keyring, signature_ids, CAUSE, live=live, now=house.clock())


def state(house: House, signature_id: UUID) -> State:
    with house.database.reading() as session:
        return session.get_one(SignatureRow, signature_id).state


def letter(house: House) -> str:
    """Return how the only letter stands."""
    with house.database.reading() as session:
        row = session.scalars(select(LetterRow)).one()
        return " ".join(filter(None, (row.state, row.waiting_for)))


def by_day(house: House) -> list[tuple[date, int]]:
    """Return the count by day, after checking it against the events."""
    with house.database.reading() as session:
        assert counts.differences(session) == []
        return list(counts.public(session, 1)[1].items())


def logged(house: House) -> list[tuple[str, str, str]]:
    with house.database.reading() as session:
        rows: list[LogRow] = list(log.entries(session, Wanted(), limit=10))
        return [(row.action, row.who, row.reason) for row in rows]


def test_an_invalidated_signature_and_its_letter_are_gone_and_come_back_as_of_their_day(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    supporter.sign(show_name="y")
    (only,) = ids(house)
    clock.advance(days=1)
    invalidate(house, only)
    supporter.deliver()
    assert (by_day(house), letter(house), supporter.letters()) == ([], "dropped", [])
    assert "Testa Example" not in supporter.browser.get(supporter.path("/signatories")).text
    clock.advance(days=1)
    restore(house, only)
    assert (by_day(house), letter(house)) == ([(date(2026, 11, 2), 1)], "queued")
    supporter.deliver()
    assert len(supporter.letters()) == 1
    with house.database.reading() as session:
        assert [
            (event.kind, event.effect, event.day) for event in events.of_signature(session, only)
        ] == [
            (EventKind.CONFIRMED, 1, date(2026, 11, 2)),
            (EventKind.INVALIDATED, -1, date(2026, 11, 2)),
            (EventKind.RESTORED, 1, date(2026, 11, 2)),
        ]
    assert logged(house) == [
        (Action.SIGNATURE_RESTORED, "Ada Example", "made by a script"),
        (Action.SIGNATURE_INVALIDATED, "Ada Example", "made by a script"),
    ]


def test_a_letter_that_left_stays_and_is_not_sent_again(supporter: Supporter, house: House) -> None:
    supporter.sign()
    supporter.deliver()
    (only,) = ids(house)
    invalidate(house, only)
    assert letter(house) == "accepted"
    restore(house, only)
    supporter.deliver()
    assert (letter(house), len(supporter.letters())) == ("accepted", 1)


def test_a_letter_whose_consent_was_taken_back_before_stays_dropped(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    private = supporter.sign()
    supporter.browser.post(f"{private}/correct", data={"name": "Testa Example"})
    clock.advance(minutes=1)
    (only,) = ids(house)
    invalidate(house, only)
    restore(house, only)
    assert letter(house) == "dropped"


def test_a_letter_of_her_own_comes_back_as_hers_to_send(supporter: Supporter, house: House) -> None:
    supporter.sign(way="own_mail")
    (only,) = ids(house)
    invalidate(house, only)
    assert letter(house) == "dropped"
    restore(house, only)
    assert letter(house) == "draft"


def test_a_restored_letter_waits_again_for_an_address_that_nobody_has_verified(
    live: tuple[Supporter, House],
) -> None:
    supporter, house = live
    supporter.sign()
    (only,) = ids(house)
    invalidate(house, only)
    restore(house, only)
    assert letter(house) == "waiting verified_address"


def test_who_has_signed_again_is_not_restored(supporter: Supporter, house: House) -> None:
    supporter.sign()
    (first,) = ids(house)
    invalidate(house, first)
    supporter.sign(government="FR")
    with pytest.raises(AlreadySigned):
        restore(house, first)
    assert (state(house, first), supporter.count()) == (State.INVALIDATED, 1)
    assert len(logged(house)) == 1
    assert len(by_day(house)) == 1


def test_an_invalidated_supporter_reads_so_and_may_withdraw_for_good(
    supporter: Supporter, house: House
) -> None:
    private = supporter.sign()
    (only,) = ids(house)
    invalidate(house, only)
    page = supporter.browser.get(private).text
    assert "Not counted: the organisers took it out." in page
    assert "the organisers cannot bring it back either" in page
    supporter.browser.post(f"{private}/withdraw")
    assert "Withdrawn" in supporter.browser.get(private).text
    with pytest.raises(NoLongerPossible):
        restore(house, only)
    assert by_day(house) == []


def test_an_invalidated_supporter_may_delete_everything_for_good(
    supporter: Supporter, house: House
) -> None:
    private = supporter.sign()
    (only,) = ids(house)
    invalidate(house, only)
    assert supporter.browser.post(f"{private}/delete").status_code == 200
    with house.database.reading() as session:
        row = session.get_one(SignatureRow, only)
        assert (row.sealed, row.identity_hash, row.name_hash) == (None, None, None)
    with pytest.raises(NoLongerPossible):
        restore(house, only)
    assert by_day(house) == []


def test_what_was_erased_otherwise_is_not_restored_either(
    supporter: Supporter, house: House
) -> None:
    supporter.sign()
    (only,) = ids(house)
    invalidate(house, only)
    with house.database.writing() as session:
        session.execute(update(SignatureRow).values(sealed=None, identity_hash=None))
    with pytest.raises(NoLongerPossible, match="erased"):
        restore(house, only)


def test_a_held_signature_counts_from_the_day_of_its_release(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    supporter.sign()
    (only,) = ids(house)
    hold(house, only)
    hold(house, only)
    supporter.deliver()
    assert (by_day(house), letter(house), supporter.letters()) == ([], "waiting release", [])
    clock.advance(days=2)
    assert let_go(house, only) == 1
    assert let_go(house, only) == 0
    assert (by_day(house), letter(house)) == ([(date(2026, 11, 4), 1)], "queued")
    clock.advance(days=1)
    invalidate(house, only)
    assert by_day(house) == []
    restore(house, only)
    assert by_day(house) == [(date(2026, 11, 4), 1)]
    assert [action for action, _, _ in logged(house)][-2:] == [
        Action.SIGNATURE_RELEASED,
        Action.SIGNATURE_HELD,
    ]


def test_a_held_signature_that_is_invalidated_and_restored_is_held_still(
    supporter: Supporter, house: House
) -> None:
    supporter.sign()
    (only,) = ids(house)
    hold(house, only)
    invalidate(house, only)
    with pytest.raises(NoLongerPossible):
        hold(house, only)
    assert let_go(house, only) == 0
    restore(house, only)
    assert (by_day(house), letter(house)) == ([], "waiting release")


def test_a_pending_signature_is_held_and_released_before_it_is_confirmed(
    supporter: Supporter, house: House
) -> None:
    supporter.submit()
    (only,) = ids(house)
    hold(house, only)
    assert letter(house) == "draft"
    assert let_go(house, only) == 1
    supporter.confirm()
    assert (supporter.count(), letter(house)) == (1, "queued")
    assert len(by_day(house)) == 1


def test_a_released_letter_to_a_paused_ministry_waits_for_the_pause_to_end(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    supporter.sign()
    (only,) = ids(house)
    hold(house, only)
    with house.database.writing() as session:
        session.execute(update(MinistryRow).values(paused_on=clock().date(), pause_reason="rest"))
    let_go(house, only)
    supporter.worker.sweep()
    assert letter(house) == "waiting pause"


def test_a_letter_that_comes_back_into_the_queue_while_held_waits_for_the_release(
    supporter: Supporter, house: House
) -> None:
    supporter.sign()
    (only,) = ids(house)
    hold(house, only)
    with house.database.writing() as session:
        session.execute(update(LetterRow).values(state="queued", waiting_for=None))
    supporter.worker.sweep()
    assert letter(house) == "waiting release"


def test_only_what_is_confirmed_can_be_invalidated_and_only_with_a_reason(
    supporter: Supporter, house: House
) -> None:
    supporter.submit()
    (only,) = ids(house)
    with pytest.raises(NoLongerPossible):
        invalidate(house, only)
    supporter.confirm()
    for cause in (Cause("Ada Example", " "), Cause("", "why"), Cause("Ada Example", "x" * 501)):
        with pytest.raises(UnacceptableText):
            invalidate(house, only, cause)
    with pytest.raises(NoLongerPossible):
        restore(house, only)
    with pytest.raises(NotFound):
        let_go(house, only, UUID(int=1))
    assert (supporter.count(), logged(house)) == (1, [])
