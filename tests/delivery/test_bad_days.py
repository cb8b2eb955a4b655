"""What must not happen on bad days: letters lost, doubled, blamed on somebody, or blocked."""

from __future__ import annotations

import stat
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from campaign.container import erasure_ledger
from campaign.delivery import pacing
from campaign.delivery.queries import claiming, queue
from campaign.delivery.queries.attempts import Actor
from campaign.delivery.queries.claiming import SitePace
from campaign.delivery.rules.delivery import GIVE_UP_AFTER
from campaign.errors import TransportError
from campaign.letters.queries import printable
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.recipients.rows import RecipientRow
from campaign.services import create_worker
from campaign.signatures.queries import signatures
from campaign.signing import private_page
from tests.clock import START
from tests.helpers.outgoing import letter_start
from tests.helpers.transports import RefusingTransport, UnreachableTransport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Envelope
    from tests.clock import Clock
    from tests.supporter import Supporter

LATER = TransportError("451 greylisted", permanent=False, code="451")


def only_letters(
    supporter: Supporter, container: Container, error: TransportError
) -> RefusingTransport:
    def refusal(envelope: Envelope) -> TransportError | None:
        return error if "letter-" in envelope.name else None

    transport = RefusingTransport(refusal)
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    return transport


def state(container: Container) -> LetterState:
    with container.database.reading() as session:
        return session.scalars(select(LetterRow.state)).one()


def test_a_letter_that_queued_long_is_not_given_up_at_its_first_refusal(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    only_letters(supporter, container, LATER)
    supporter.sign()
    clock.now += GIVE_UP_AFTER + timedelta(days=2)
    supporter.deliver()
    assert state(container) is LetterState.QUEUED
    for _ in range(60):
        clock.advance(hours=3)
        supporter.deliver()
    assert state(container) is LetterState.REFUSED


def test_a_failure_of_our_own_never_ends_a_letter(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    away = UnreachableTransport(TransportError("no route", permanent=False, code="connection"))
    supporter.worker = create_worker(container, away)
    for _ in range(80):
        clock.advance(hours=3)
        supporter.deliver()
    assert state(container) is LetterState.QUEUED


def test_what_our_own_server_has_against_us_is_not_held_against_a_ministry(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    only_letters(supporter, container, TransportError("not yours", permanent=False, code="sender"))
    for number in range(4):
        supporter.sign(email=f"testa{number}@example.org")
        supporter.deliver()
    with container.database.reading() as session:
        row = session.get_one(RecipientRow, "DE/foreign-affairs")
        assert (row.refusals, row.paused_on) == (0, None)


@pytest.mark.parametrize("action", ["withdraw", "delete"])
def test_a_letter_that_was_claimed_and_not_started_does_not_leave_after_a_withdrawal(
    supporter: Supporter, container: Container, clock: Clock, action: str
) -> None:
    private = supporter.sign()
    worker = Actor("slow", "memory")
    with container.database.writing() as session:
        (row,) = claiming.claim_letters(session, worker, clock(), 10, SitePace(live=False))
    supporter.browser.post(f"{private}/{action}")
    with container.database.writing() as session:
        assert not queue.begin_attempt(session, letter_start(row.id), worker, clock())
    assert state(container) is LetterState.DROPPED


def test_short_hours_and_a_slow_pace_do_not_hang_a_page(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    with container.database.writing() as session:
        wanted = pacing.PaceChange(per_hour=1, closes=clock().time().replace(hour=10))
        row = pacing.set_pace(session, "GR/foreign-affairs", wanted, "Test", START)
        pace = SitePace(live=False, enforced=True)
        by = pacing.expected_queue_end(row, 3, pace, clock.now)
        assert by is not None
        assert pacing.expected_queue_end(row, 100_000, pace, clock.now) is None


def test_an_outage_does_not_use_up_the_day(
    supporter: Supporter,
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
    clock: Clock,
) -> None:
    container = make_container(environ | {"CAMPAIGN_PACE": "always"})
    supporter.sign()
    away = UnreachableTransport(TransportError("no route", permanent=False, code="connection"))
    create_worker(container, away).step()
    with container.database.reading() as session:
        assert session.get_one(RecipientRow, "DE/foreign-affairs").sent_today == 0


def test_delivering_with_a_copy_and_withdrawing_at_the_same_moment_do_not_block_each_other(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    """Both take her signature first; with the letter first one of them fails on PostgreSQL."""
    errors: list[Exception] = []

    class Slow(RefusingTransport):
        def send(self, envelope: Envelope) -> str:
            if "letter-" in envelope.name:
                threading.Thread(target=withdraw).start()
                time.sleep(0.2)
            return super().send(envelope)

    def withdraw() -> None:
        try:
            with container.database.writing() as session:
                (row,) = session.scalars(select(LetterRow))
                signatures.lock(session, row.signature_id)
                time.sleep(0.3)
                private_page.withdraw(
                    session, erasure_ledger(container.settings), row.signature_id, clock()
                )
        except Exception as error:  # noqa: BLE001 - the test reports it
            errors.append(error)

    transport = Slow(lambda _: None)
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    supporter.sign(send_copy="y")
    supporter.deliver()
    assert errors == []
    assert state(container) is LetterState.ACCEPTED


def test_no_call_leaves_about_a_ministry_that_is_written_to_again(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    gone = TransportError("550 no", permanent=True, code="550")
    only_letters(supporter, container, gone)
    for number in range(2):
        supporter.submit(email=f"testa{number}@example.org")
    supporter.deliver()
    for mail in supporter.mails():
        supporter.browser.post(mail.link("confirm"))
    supporter.worker.step()
    with container.database.writing() as session:
        session.execute(update(RecipientRow).values(paused_on=None, pause_reason=""))
    supporter.deliver()
    assert supporter.mails("contact@example.org") == []


def test_a_printed_letter_that_she_changed_meanwhile_is_not_marked(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    private = supporter.sign()
    with container.database.reading() as session:
        printed = {row.id: row.changed_at for row in session.scalars(select(LetterRow))}
    clock.advance(minutes=1)
    changed = {"subject": "Another subject", "body": "Another text."}
    supporter.browser.post(f"{private}/letter", data=changed)
    with container.database.writing() as session:
        assert printable.mark_posted(session, printed, clock()) == []


def test_a_file_of_letters_is_for_its_owners_eyes(
    supporter: Supporter, command: Callable[..., Result], tmp_path: Path
) -> None:
    supporter.submit()
    supporter.deliver()
    supporter.browser.post(supporter.mails()[-1].link("confirm"))
    output = tmp_path / "letters.pdf"
    command("letters", "print", "--recipient", "DE/foreign-affairs", "--output", str(output))
    assert stat.S_IMODE(output.stat().st_mode) == 0o600


@pytest.mark.parametrize("zone", ["Europe", "America/Argentina", "x" * 50])
def test_a_folder_is_no_time_zone(command: Callable[..., Result], zone: str) -> None:
    said = command("recipients", "pace", "GR/foreign-affairs", "--zone", zone)
    assert said.exit_code == 2
    assert "such as Europe/Athens" in said.output
