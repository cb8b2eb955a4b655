"""Single signatures taken out of the count, brought back, held and released."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select, update

from campaign.errors import AlreadySigned, InvalidText, NoLongerPossible, NotFound
from campaign.letters.rows import LetterRow
from campaign.moderation.hold import hold_one, release
from campaign.moderation.invalidate import invalidate_one, restore_one
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction, Justification
from campaign.recipients.rows import RecipientRow
from campaign.signatures.queries import counts, events
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import EventKind, SignatureState

if TYPE_CHECKING:
    from campaign.container import Container
    from campaign.organisers.rows import AuditLogRow
    from tests.clock import Clock
    from tests.supporter import Supporter

pytestmark = pytest.mark.both_databases

CAUSE = Justification("Ada Example", "made by a script")


def ids(container: Container) -> list[UUID]:
    with container.database.reading() as session:
        return list(session.scalars(select(SignatureRow.id).order_by(SignatureRow.created_at)))


def invalidate(container: Container, signature_id: UUID, cause: Justification = CAUSE) -> None:
    with container.database.writing() as session:
        invalidate_one(session, signature_id, cause, container.clock())


def restore(container: Container, signature_id: UUID) -> None:
    live = container.settings.live
    with container.database.writing() as session:
        restore_one(
            session, container.keyring, signature_id, CAUSE, live=live, now=container.clock()
        )


def hold(container: Container, signature_id: UUID) -> None:
    with container.database.writing() as session:
        hold_one(session, signature_id, CAUSE, container.clock())


def let_go(container: Container, *signature_ids: UUID) -> int:
    live = container.settings.live
    with container.database.writing() as session:
        return release(
            session, container.keyring, signature_ids, CAUSE, live=live, now=container.clock()
        )


def state(container: Container, signature_id: UUID) -> SignatureState:
    with container.database.reading() as session:
        return session.get_one(SignatureRow, signature_id).state


def letter(container: Container) -> str:
    """Return how the only letter stands."""
    with container.database.reading() as session:
        row = session.scalars(select(LetterRow)).one()
        return " ".join(filter(None, (row.state, row.waiting_for)))


def by_day(container: Container) -> list[tuple[date, int]]:
    """Return the count by day, after checking it against the events."""
    with container.database.reading() as session:
        assert counts.find_mismatches(session) == []
        return list(counts.by_government_and_day(session, 1)[1].items())


def logged(container: Container) -> list[tuple[str, str, str]]:
    with container.database.reading() as session:
        rows: list[AuditLogRow] = list(audit_log.search(session, AuditFilter(), limit=10))
        return [(row.action, row.who, row.reason) for row in rows]


def test_an_invalidated_signature_and_its_letter_are_gone_and_come_back_as_of_their_day(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign(show_name="y")
    (only,) = ids(container)
    clock.advance(days=1)
    invalidate(container, only)
    supporter.deliver()
    assert (by_day(container), letter(container), supporter.letters()) == ([], "dropped", [])
    assert "Testa Example" not in supporter.browser.get(supporter.path("/signatories")).text
    clock.advance(days=1)
    restore(container, only)
    assert (by_day(container), letter(container)) == ([(date(2026, 11, 2), 1)], "queued")
    supporter.deliver()
    assert len(supporter.letters()) == 1
    with container.database.reading() as session:
        assert [
            (event.kind, event.effect, event.day) for event in events.of_signature(session, only)
        ] == [
            (EventKind.CONFIRMED, 1, date(2026, 11, 2)),
            (EventKind.INVALIDATED, -1, date(2026, 11, 2)),
            (EventKind.RESTORED, 1, date(2026, 11, 2)),
        ]
    assert logged(container) == [
        (AuditAction.SIGNATURE_RESTORED, "Ada Example", "made by a script"),
        (AuditAction.SIGNATURE_INVALIDATED, "Ada Example", "made by a script"),
    ]


def test_a_letter_that_left_stays_and_is_not_sent_again(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    supporter.deliver()
    (only,) = ids(container)
    invalidate(container, only)
    assert letter(container) == "accepted"
    restore(container, only)
    supporter.deliver()
    assert (letter(container), len(supporter.letters())) == ("accepted", 1)


def test_a_letter_whose_consent_was_taken_back_before_stays_dropped(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    private = supporter.sign()
    supporter.browser.post(f"{private}/correct", data={"name": "Testa Example"})
    clock.advance(minutes=1)
    (only,) = ids(container)
    invalidate(container, only)
    restore(container, only)
    assert letter(container) == "dropped"


def test_a_letter_of_her_own_comes_back_as_hers_to_send(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign(way="own_mail")
    (only,) = ids(container)
    invalidate(container, only)
    assert letter(container) == "dropped"
    restore(container, only)
    assert letter(container) == "draft"


def test_a_restored_letter_waits_again_for_an_address_that_nobody_has_verified(
    live: tuple[Supporter, Container],
) -> None:
    supporter, container = live
    supporter.sign()
    (only,) = ids(container)
    invalidate(container, only)
    restore(container, only)
    assert letter(container) == "waiting verified_address"


def test_who_has_signed_again_is_not_restored(supporter: Supporter, container: Container) -> None:
    supporter.sign()
    (first,) = ids(container)
    invalidate(container, first)
    supporter.sign(government="FR")
    with pytest.raises(AlreadySigned):
        restore(container, first)
    assert (state(container, first), supporter.count()) == (SignatureState.INVALIDATED, 1)
    assert len(logged(container)) == 1
    assert len(by_day(container)) == 1


def test_an_invalidated_supporter_reads_so_and_may_withdraw_for_good(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign()
    (only,) = ids(container)
    invalidate(container, only)
    page = supporter.browser.get(private).text
    assert "Not counted: the organisers removed it." in page
    assert "the organisers cannot restore it" in page
    supporter.browser.post(f"{private}/withdraw")
    assert "Withdrawn" in supporter.browser.get(private).text
    with pytest.raises(NoLongerPossible):
        restore(container, only)
    assert by_day(container) == []


def test_an_invalidated_supporter_may_delete_everything_for_good(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign()
    (only,) = ids(container)
    invalidate(container, only)
    assert supporter.browser.post(f"{private}/delete").status_code == 200
    with container.database.reading() as session:
        row = session.get_one(SignatureRow, only)
        assert (row.sealed, row.identity_hash, row.name_hash) == (None, None, None)
    with pytest.raises(NoLongerPossible):
        restore(container, only)
    assert by_day(container) == []


def test_what_was_erased_otherwise_is_not_restored_either(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    (only,) = ids(container)
    invalidate(container, only)
    with container.database.writing() as session:
        session.execute(update(SignatureRow).values(sealed=None, identity_hash=None))
    with pytest.raises(NoLongerPossible, match="erased"):
        restore(container, only)


def test_a_held_signature_counts_from_the_day_of_its_release(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    (only,) = ids(container)
    hold(container, only)
    hold(container, only)
    supporter.deliver()
    assert (by_day(container), letter(container), supporter.letters()) == (
        [],
        "waiting release",
        [],
    )
    clock.advance(days=2)
    assert let_go(container, only) == 1
    assert let_go(container, only) == 0
    assert (by_day(container), letter(container)) == ([(date(2026, 11, 4), 1)], "queued")
    clock.advance(days=1)
    invalidate(container, only)
    assert by_day(container) == []
    restore(container, only)
    assert by_day(container) == [(date(2026, 11, 4), 1)]
    assert [action for action, _, _ in logged(container)][-2:] == [
        AuditAction.SIGNATURE_RELEASED,
        AuditAction.SIGNATURE_HELD,
    ]


def test_a_held_signature_that_is_invalidated_and_restored_is_held_still(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    (only,) = ids(container)
    hold(container, only)
    invalidate(container, only)
    with pytest.raises(NoLongerPossible):
        hold(container, only)
    assert let_go(container, only) == 0
    restore(container, only)
    assert (by_day(container), letter(container)) == ([], "waiting release")


def test_a_pending_signature_is_held_and_released_before_it_is_confirmed(
    supporter: Supporter, container: Container
) -> None:
    supporter.submit()
    (only,) = ids(container)
    hold(container, only)
    assert letter(container) == "draft"
    assert let_go(container, only) == 1
    supporter.confirm()
    assert (supporter.count(), letter(container)) == (1, "queued")
    assert len(by_day(container)) == 1


def test_a_released_letter_to_a_paused_ministry_waits_for_the_pause_to_end(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    (only,) = ids(container)
    hold(container, only)
    with container.database.writing() as session:
        session.execute(update(RecipientRow).values(paused_on=clock().date(), pause_reason="rest"))
    let_go(container, only)
    supporter.worker.run_housekeeping()
    assert letter(container) == "waiting pause"


def test_a_letter_that_comes_back_into_the_queue_while_held_waits_for_the_release(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    (only,) = ids(container)
    hold(container, only)
    with container.database.writing() as session:
        session.execute(update(LetterRow).values(state="queued", waiting_for=None))
    supporter.worker.run_housekeeping()
    assert letter(container) == "waiting release"


def test_only_what_is_confirmed_can_be_invalidated_and_only_with_a_reason(
    supporter: Supporter, container: Container
) -> None:
    supporter.submit()
    (only,) = ids(container)
    with pytest.raises(NoLongerPossible):
        invalidate(container, only)
    supporter.confirm()
    for cause in (
        Justification("Ada Example", " "),
        Justification("", "why"),
        Justification("Ada Example", "x" * 501),
    ):
        with pytest.raises(InvalidText):
            invalidate(container, only, cause)
    with pytest.raises(NoLongerPossible):
        restore(container, only)
    with pytest.raises(NotFound):
        let_go(container, only, UUID(int=1))
    assert (supporter.count(), logged(container)) == (1, [])
