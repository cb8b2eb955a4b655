"""A restore is settled, or nothing leaves and nothing is taken."""

from __future__ import annotations

from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from campaign.cli import commands
from campaign.delivery.transports.memory import MemoryTransport
from campaign.errors import RestorePending
from campaign.operations.rows import WorkerRow
from campaign.organisers.rules.roles import Role
from campaign.services import create_worker
from campaign.store import pending_restore
from tests.helpers.backups import mark_restore_begun
from tests.organiser import CONSOLE_PATH, sign_in_organiser

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Envelope
    from tests.clock import Clock
    from tests.supporter import Supporter


def test_every_form_is_given_back_to_be_sent_again(
    supporter: Supporter, container: Container, app: Flask
) -> None:
    form = supporter.form_after_preview()
    supporter.submit(email="second@example.org")
    mail = supporter.newest_mail("second@example.org")
    owner = sign_in_organiser(container, app, Role.OWNER)
    mark_restore_begun(container)
    posted = {
        supporter.path("/sign"): form,
        mail.link("confirm"): {},
        mail.link("stop"): {},
        "/console/sign-in": {"email": "ada@example.org", "password": "a secret of hers"},
        supporter.path("/unsubscribe/nothing"): {},
        "/ministry/en/clerk/nothing": {},
        supporter.path("/private/nothing/download"): {},
    }
    for path, data in posted.items():
        answer = supporter.browser.post(path, data=data)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30"), path
        assert "Nothing was saved" in answer.text
        assert "a secret of hers" not in answer.text
    assert "Testa Example</textarea>" in supporter.post(form).text
    # Sessions that were ended since the backup would still be good.
    assert owner.get(f"{CONSOLE_PATH}/").status_code == 503
    for path in (supporter.path(), mail.link("confirm")):
        assert supporter.browser.get(path).status_code == 200
    with container.database.writing(unsettled=True) as session:
        pending_restore.clear_pending(session)
    assert supporter.post(form).status_code == 303


def test_a_form_that_is_too_large_is_refused_as_ever(
    supporter: Supporter, container: Container
) -> None:
    mark_restore_begun(container)
    answer = supporter.browser.post(supporter.path("/sign"), data={"body": "x" * 100_000})
    assert answer.status_code == 413


def test_a_worker_says_so_shows_itself_and_does_nothing_else(
    supporter: Supporter, container: Container, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    supporter.deliver()
    supporter.submit()
    mark_restore_begun(container)
    worker = create_worker(container, supporter.transport, ticks=lambda: clock().timestamp())
    for _ in range(20):
        clock.advance(minutes=1)
        assert worker.step() is False
    assert supporter.mails() == []
    assert caplog.text.count("restore pending") == 4
    assert worker.failures == []
    with container.database.reading() as session:
        seen = max(row.seen_at for row in session.scalars(select(WorkerRow)))
    assert (clock() - seen).total_seconds() <= 60
    with container.database.writing(unsettled=True) as session:
        pending_restore.clear_pending(session)
    supporter.deliver()
    assert len(supporter.mails()) == 1


def test_a_restore_that_begins_while_a_batch_leaves_stops_it_after_the_message_in_hand(
    supporter: Supporter, container: Container
) -> None:
    for number in range(5):
        supporter.submit(email=f"n{number}@example.org")
    transport = Marking(container)
    worker = create_worker(container, transport)
    assert worker.step() is False
    assert len(transport.sent) == 1
    worker.stop()
    worker.run()
    assert len(transport.sent) == 1


class Marking(MemoryTransport):
    """A transport during whose first message a restore begins."""

    def __init__(self, container: Container) -> None:
        super().__init__()
        self._container = container

    def send(self, envelope: Envelope) -> str:
        mark_restore_begun(self._container)
        return super().send(envelope)


def test_mail_that_comes_in_stays_with_the_mail_server(
    environ: dict[str, str], container: Container, command: Callable[..., Result]
) -> None:
    mark_restore_begun(container)
    message = EmailMessage()
    message["From"], message["Subject"] = "somebody@example.org", "An answer"
    message.set_content("We have read it.")
    said = CliRunner().invoke(
        commands, ["inbound", "--to", "x@example.org"], bytes(message), env=environ
    )
    assert said.exit_code == 75
    assert "is not settled" in said.output


def test_the_doctor_and_the_watch_say_it(
    supporter: Supporter, container: Container, command: Callable[..., Result]
) -> None:
    mark_restore_begun(container)
    said = command("doctor")
    assert said.exit_code == 1
    assert "FAULT restore: the restore of the backup of 2026-11-01 00:00 UTC" in said.output
    assert "ada began it" in said.output
    watched = command("watch")
    assert watched.exit_code == 1
    assert watched.output.startswith("STANDING STILL: the restore of the backup of 2026-11-01")
    assert not list((container.settings.instance / "outbox").glob("*"))


REFUSED = [
    "prepare",
    "retention run",
    "organiser invite Ada ada@example.org --site-owner",
    "recipients verify DE/foreign-affairs --email office@example.org --reason seen",
    "recipients pause DE/foreign-affairs --reason asked",
    "trial keep --reason real",
    "attack begin --reason many",
    "letters release 01935f3e-0000-7000-8000-000000000000 --reason checked",
    "letters print --recipient DE/foreign-affairs --state accepted --output letters.pdf",
    "export counts --reason asked",
    "keys rotate",
    "identity rehash",
]


@pytest.mark.parametrize("line", REFUSED)
def test_commands_that_send_change_or_hand_out_are_refused(
    supporter: Supporter, container: Container, command: Callable[..., Result], line: str
) -> None:
    supporter.sign()
    mark_restore_begun(container)
    assert isinstance(command(*line.split()).exception, RestorePending), line
