"""`campaign inbound --serve`: a process that a mail server brings messages to over LMTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from campaign.cli import commands
from campaign.delivery.commands.inbound_lmtp import LmtpHandler
from campaign.delivery.rows import InboundRow
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.settings.settings import BASE_DIR
from campaign.store import pending_restore
from tests.helpers.backups import mark_restore_begun
from tests.helpers.databases import statement_on
from tests.helpers.incoming_messages import bounce_report, reply_message
from tests.helpers.lmtp import (
    PATIENCE,
    Client,
    lmtp_server,
    serve_inbound,
    short_temp_dir,
    start,
    wait_for,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.container import Container
    from tests.supporter import Supporter


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_temp_dir() as made:
        yield made


def sent(supporter: Supporter) -> str:
    """Let a letter leave; return its return path."""
    supporter.sign()
    supporter.deliver()
    return supporter.transport.sent[-1].sender


def states(container: Container) -> list[LetterState]:
    with container.database.reading() as session:
        return list(session.scalars(select(LetterRow.state)))


def count(container: Container) -> int:
    with container.database.reading() as session:
        return session.scalar(select(func.count()).select_from(InboundRow)) or 0


def test_a_report_moves_its_letter_on_and_the_log_says_what_it_was_and_nobodys_address(
    supporter: Supporter, container: Container, environ: dict[str, str], folder: Path
) -> None:
    path = folder / "lmtp.sock"
    back = sent(supporter)
    with serve_inbound(environ, path), Client(str(path)) as client:
        client.send(b"TESTA testa@example.org\r\n")
        assert client.getreply()[0] == 500
        assert client.deliver(bounce_report("undisclosed"), back, sender="")[0][0] == 250
        assert states(container) == [LetterState.BOUNCED]
        for _ in range(2):
            words = reply_message("", "Of its own.")
            (said_so,) = client.deliver(words, "testa@example.org", sender="desk@ministry.example")
            assert said_so[0] == 250
    lines = [json.loads(line) for line in (folder / "log").read_text().splitlines()]
    assert [one["event"] for one in lines if one["logger"] != "mail.log"] == [
        "inbound started",
        *["message accepted"] * 3,
        "inbound stopped",
    ]
    results = [one["result"] for one in lines if "result" in one]
    assert results[0].endswith("bounced (5.1.1)")
    assert results[1].startswith("a message that fits no letter")
    assert results[2] == "this message was taken before"
    assert lines[0]["commit"]
    assert "@" not in (folder / "log").read_text()
    assert "testa" not in (folder / "log").read_text().lower()


def test_a_message_for_two_is_answered_for_each(
    container: Container, environ: dict[str, str]
) -> None:
    with lmtp_server(LmtpHandler(container).store_message) as path, Client(str(path)) as client:
        answers = client.deliver(reply_message("", "For two."), "a@example.org", "b@example.org")
        assert [code for code, _ in answers] == [250, 250]
    assert count(container) == 1


def test_while_a_restore_is_not_settled_mail_stays_with_the_mail_server(
    container: Container, caplog: pytest.LogCaptureFixture
) -> None:
    with lmtp_server(LmtpHandler(container).store_message) as path, Client(str(path)) as client:
        mark_restore_begun(container)
        assert client.deliver(reply_message("", "Then."), "a@example.org")[0][0] == 451
        assert "restore pending" in caplog.text
        with container.database.writing(unsettled=True) as session:
            pending_restore.clear_pending(session)
        assert client.deliver(reply_message("", "Then."), "a@example.org")[0][0] == 250
    assert count(container) == 1


def test_a_database_that_was_away_is_used_again_without_a_restart(
    container: Container, caplog: pytest.LogCaptureFixture
) -> None:
    with lmtp_server(LmtpHandler(container).store_message) as path, Client(str(path)) as client:
        assert client.deliver(reply_message("", "Before."), "a@example.org")[0][0] == 250
        with away(container):
            assert client.deliver(reply_message("", "Meanwhile."), "a@example.org")[0][0] == 451
        assert client.deliver(reply_message("", "Meanwhile."), "a@example.org")[0][0] == 250
    assert "database unavailable" in caplog.text
    assert count(container) == 2


@contextmanager
def away(container: Container) -> Iterator[None]:
    """Let nobody use the database for a while."""
    container.database.close()
    file = container.database.sqlite_path
    if file is None:
        url = container.database.engine.url
        address = url.set(drivername="postgresql", database="postgres")
        server = address.render_as_string(hide_password=False)
        statement_on(server, "ALTER DATABASE {} ALLOW_CONNECTIONS false", str(url.database))
        yield
        statement_on(server, "ALTER DATABASE {} ALLOW_CONNECTIONS true", str(url.database))
        return
    file.rename(file.with_name("elsewhere"))
    file.mkdir()
    yield
    file.rmdir()
    file.with_name("elsewhere").rename(file)


def test_one_process_goes_on_where_a_killed_one_left_and_a_second_is_refused(
    environ: dict[str, str], container: Container, folder: Path
) -> None:
    path = folder / "lmtp.sock"
    first = start(environ, path)
    wait_for(first, path)
    second = start(environ, path)
    assert second.wait(PATIENCE) == 1
    said = f"campaign: {path}: another process takes messages in there\n"
    assert said in (folder / "log").read_text()
    first.kill()
    first.wait(PATIENCE)
    assert path.is_socket()
    (folder / "log").unlink()
    with serve_inbound(environ, path), Client(str(path)) as client:
        assert client.deliver(reply_message("", "After."), "a@example.org")[0][0] == 250
    assert count(container) == 1


def test_a_message_in_hand_is_stored_and_answered_before_the_end(
    environ: dict[str, str], container: Container, folder: Path
) -> None:
    path = folder / "lmtp.sock"
    with serve_inbound(environ, path) as process, Client(str(path)) as client:
        client.ehlo()
        client.mail("")
        client.rcpt("a@example.org")
        client.docmd("DATA")
        with container.database.writing() as session:
            # SQLite's one writer is whoever has begun.
            lock = "LOCK TABLE inbound" if container.database.is_postgresql else "SELECT 1"
            session.execute(text(lock))
            client.send(reply_message("", "In hand.") + b".\r\n")
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert process.poll() is None
        assert client.getreply()[0] == 250
        assert process.wait(PATIENCE) == 0
    assert count(container) == 1


def test_it_starts_without_a_database_and_says_to_bring_it_again(
    environ: dict[str, str], folder: Path
) -> None:
    path = folder / "lmtp.sock"
    nowhere = environ | {"CAMPAIGN_DATABASE_URL": "postgresql://127.0.0.1:1/nowhere"}
    with serve_inbound(nowhere, path), Client(str(path)) as client:
        assert client.deliver(reply_message("", "Then."), "a@example.org")[0][0] == 451


@pytest.mark.parametrize("more", [["--to", "a@example.org"], ["--maildir", "."]])
def test_it_takes_messages_in_one_way_at_a_time(more: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ["inbound", "--serve", str(tmp_path / "x"), *more])
    assert done.exit_code == 2
    assert "--serve takes" in done.output


def test_nothing_else_loads_what_only_a_server_needs() -> None:
    loads = (
        "import sys; from campaign.cli import commands; import campaign.web_app;"
        "commands.get_command(None, 'inbound'); print('aiosmtpd' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", loads], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
