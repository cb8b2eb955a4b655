"""`campaign inbound`: as a mail server calls it, and out of a Maildir."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from campaign.cli import commands
from campaign.delivery.commands.inbound import MAX_MESSAGE_BYTES
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from tests.helpers.incoming_messages import bounce_report, reply_message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container
    from tests.supporter import Supporter


@pytest.fixture
def pipe(environ: dict[str, str], container: Container) -> Callable[..., Result]:
    """Hand a message to the command on standard input, as a mail server does."""

    def run(wire: bytes, *arguments: str, **changes: str) -> Result:
        env = environ | changes
        return CliRunner().invoke(commands, ["inbound", *arguments], input=wire, env=env)

    return run


def sent(supporter: Supporter) -> tuple[str, str]:
    """Let a letter leave; return its return path and its Message-ID."""
    supporter.sign()
    supporter.deliver()
    return supporter.transport.sent[-1].sender, supporter.letters()[0].message["Message-ID"]


def state(container: Container) -> LetterState:
    with container.database.reading() as session:
        return session.scalars(select(LetterRow.state)).one()


def test_a_report_on_standard_input_moves_its_letter_on(
    supporter: Supporter, container: Container, pipe: Callable[..., Result]
) -> None:
    path, _ = sent(supporter)
    done = pipe(bounce_report("undisclosed"), "--to", path)
    assert done.exit_code == 0
    assert "bounced (5.1.1)" in done.output
    assert state(container) is LetterState.BOUNCED


def test_a_maildir_is_taken_in_and_each_message_marked_as_seen(
    supporter: Supporter, container: Container, tmp_path: Path, command: Callable[..., Result]
) -> None:
    path, message_id = sent(supporter)
    new = tmp_path / "Maildir" / "new"
    new.mkdir(parents=True)
    (new / "1").write_bytes(reply_message(message_id))
    (new / "2").write_bytes(bounce_report(path))
    (new / "3").write_bytes(b"\xff\xfe garbage")
    done = command("inbound", "--maildir", str(tmp_path / "Maildir"))
    assert done.exit_code == 0, done.output
    assert done.output.count("\n") == 3
    assert state(container) is LetterState.BOUNCED
    assert list(new.iterdir()) == []
    seen = sorted(file.name for file in (tmp_path / "Maildir" / "cur").iterdir())
    assert seen == ["1:2,S", "2:2,S", "3:2,S"]
    assert command("inbound", "--maildir", str(tmp_path / "Maildir")).output == ""


def test_without_a_database_the_mail_server_is_told_to_bring_it_again(
    pipe: Callable[..., Result], tmp_path: Path
) -> None:
    away = pipe(bounce_report("x"), CAMPAIGN_DATABASE_URL="postgresql://127.0.0.1:1/nowhere")
    assert away.exit_code == 75
    assert "try again later" in away.output
    wrong = pipe(bounce_report("x"), CAMPAIGN_SMTP_PORT="many")
    assert wrong.exit_code == 75


@pytest.mark.asvs("5.2.1")
def test_too_large_a_message_is_refused(pipe: Callable[..., Result]) -> None:
    assert pipe(b"x" * (MAX_MESSAGE_BYTES + 1)).exit_code == 65


def test_what_came_in_is_listed_and_can_be_deleted_for_good(
    supporter: Supporter, pipe: Callable[..., Result], command: Callable[..., Result]
) -> None:
    _, message_id = sent(supporter)
    pipe(reply_message(message_id, "Grüße"))
    pipe(reply_message("", "of its own"))
    listed = command("letters", "answers").output
    assert listed.count("\n") == 2
    assert "fits no letter" in listed
    (line,) = (line for line in listed.splitlines() if "fits" not in line)
    for expected in (0, 2):
        said = command("letters", "forget", line.split()[0])
        assert said.exit_code == expected
    assert "there is no message" in said.output
    assert line not in command("letters", "answers").output


def test_a_message_that_cannot_be_taken_in_holds_up_none_of_the_others(
    supporter: Supporter, container: Container, tmp_path: Path, command: Callable[..., Result]
) -> None:
    path, _ = sent(supporter)
    new = tmp_path / "Maildir" / "new"
    new.mkdir(parents=True)
    (new / "1").write_bytes(b"x" * (MAX_MESSAGE_BYTES + 1))
    (new / "2").write_bytes(b"From: " + b"(" * 20_000 + b"\r\n\r\nHello")
    (new / "3").write_bytes(bounce_report(path))
    done = command("inbound", "--maildir", str(tmp_path / "Maildir"))
    assert done.exit_code == 65
    assert state(container) is LetterState.BOUNCED
    assert list(new.iterdir()) == []
