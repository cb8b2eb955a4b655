"""What is personal goes a set time after the end; the organisers are told before; counts stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery.queries import carried_letters
from campaign.delivery.rows import InboundRow, OutgoingRow
from campaign.delivery.rules.answer import UNFILED_RETENTION
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction
from campaign.services import create_retention_eraser
from campaign.signatures.rows import SignatureRow
from tests.helpers.campaign_facts import set_fact
from tests.helpers.inbound import receive
from tests.helpers.incoming_messages import reply_message
from tests.helpers.signatures import add_confirmed

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

# The tests' clock begins on 2 November 2026; the shipped campaign keeps data for 180 days.
CLOSED = "2026-05-13"
ERASED_FROM = "2026-11-09"


def sealed(container: Container) -> int:
    """Return how many signatures and letters still have something personal."""
    with container.database.reading() as session:
        rows = [*session.scalars(select(SignatureRow)), *session.scalars(select(LetterRow))]
        return sum(row.sealed is not None for row in rows)


@pytest.fixture
def closed(supporter: Supporter, container: Container) -> Container:
    """A campaign that a supporter signed and that has closed since."""
    supporter.sign()
    supporter.deliver()
    set_fact(container, "closes_on", CLOSED)
    return container


def test_a_week_before_the_organisers_are_told_what_will_be_erased(
    closed: Container, supporter: Supporter
) -> None:
    supporter.worker.run_housekeeping()
    supporter.deliver()
    mail = supporter.mails("contact@example.org")[-1]
    assert mail.message["Subject"] == "Personal data will be erased in a week"
    assert f"eu-china-dialogue: on or after {ERASED_FROM}" in mail.text
    assert "signatures with name and address   1" in mail.text
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert len(supporter.mails("contact@example.org")) == 1
    assert sealed(closed) == 2


def test_at_the_end_of_its_time_everything_personal_goes_and_the_count_stays(
    closed: Container, supporter: Supporter, clock: Clock, command: Callable[..., Result]
) -> None:
    supporter.worker.run_housekeeping()
    clock.advance(days=6)
    supporter.deliver()
    assert sealed(closed) == 2
    clock.advance(days=1)
    supporter.deliver()
    assert sealed(closed) == 0
    with closed.database.reading() as session:
        (row,) = session.scalars(select(SignatureRow))
        hashes = (row.identity_hash, row.email_hash, row.domain_hash, row.name_hash)
        assert hashes == (None,) * 4
        (letter,) = session.scalars(select(LetterRow))
        assert letter.state is LetterState.ACCEPTED
        assert carried_letters.sealed_message(session, letter.id) is None
        # Nobody is asked back what was not deleted on request.
        assert "erasure" not in {mail.kind for mail in session.scalars(select(OutgoingRow))}
    assert supporter.count() == 1
    assert command("counts", "check").exit_code == 0
    ledger = (closed.settings.instance / "erased.ledger").read_text()
    assert str(row.id) in ledger
    with closed.database.reading() as session:
        logged = {row.action for row in audit_log.search(session, AuditFilter(), limit=10)}
    assert {AuditAction.RETENTION_TOLD, AuditAction.RETENTION_DONE} <= logged


def test_whoever_prolongs_a_campaign_is_told_again_before_anything_goes(
    closed: Container, supporter: Supporter, clock: Clock
) -> None:
    supporter.worker.run_housekeeping()
    set_fact(closed, "closes_on", "2026-06-13")
    clock.advance(days=10)
    supporter.deliver()
    assert sealed(closed) == 2
    clock.advance(days=30)
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert sealed(closed) == 2
    assert len(supporter.mails("contact@example.org")) == 2
    clock.advance(days=7)
    supporter.deliver()
    assert sealed(closed) == 0


def test_a_worker_that_was_away_gives_the_weeks_notice_all_the_same(
    closed: Container, supporter: Supporter, clock: Clock
) -> None:
    clock.advance(days=60)
    supporter.worker.run_housekeeping()
    clock.advance(days=6)
    supporter.deliver()
    assert sealed(closed) == 2
    clock.advance(days=1)
    supporter.deliver()
    assert sealed(closed) == 0


def test_erasing_goes_on_where_it_was_ended(closed: Container, clock: Clock) -> None:
    add_confirmed(closed, 205)
    create_retention_eraser(closed).tell()
    clock.advance(days=7)
    assert create_retention_eraser(closed).erase_batch()
    begun = sealed(closed)
    assert 0 < begun < 207
    eraser = create_retention_eraser(closed)
    while eraser.erase_batch():
        pass
    assert sealed(closed) == 0


def test_a_look_changes_nothing_and_a_run_erases_only_what_is_due(
    closed: Container, command: Callable[..., Result]
) -> None:
    said = command("retention", "report").output
    assert f"eu-china-dialogue: erased from {ERASED_FROM} on" in said
    assert "signatures with name and address  1" in said
    # The command has the real clock and gives its notice now.
    assert command("retention", "run").output == "Nothing is due.\n"
    assert sealed(closed) == 2


def test_without_an_end_nothing_is_ever_erased(
    supporter: Supporter, container: Container, clock: Clock, command: Callable[..., Result]
) -> None:
    supporter.sign()
    clock.advance(days=4000)
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert sealed(container) == 2
    assert "no end is set" in command("retention", "report").output


def test_messages_that_fit_no_letter_are_forgotten_after_a_while(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    receive(container, reply_message("<nothing@example.org>"))
    for days, kept in ((UNFILED_RETENTION.days, True), (1, False)):
        clock.advance(days=days)
        supporter.worker.run_housekeeping()
        with container.database.reading() as session:
            (row,) = session.scalars(select(InboundRow))
            assert (row.sealed is not None) is kept
