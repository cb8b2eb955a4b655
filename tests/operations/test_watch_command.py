"""`campaign watch`, as a timer runs it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from click.testing import CliRunner

from campaign.cli import commands
from campaign.delivery.queries.attempts import Actor
from campaign.operations import queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from campaign.container import Container


def beat(container: Container) -> None:
    with container.database.writing() as session:
        now = datetime.now(UTC)
        queries.record_heartbeat(session, Actor("host-1", "outbox"), now, now, [])


def test_it_exits_with_1_and_mails_the_organisers_when_no_worker_runs(
    command: Callable[..., Result], container: Container
) -> None:
    done = command("watch")
    assert done.exit_code == 1
    assert done.output == (
        "STANDING STILL: no worker has been seen in the last day (workers: 0 running, 0 silent)\n"
    )
    (mail,) = (container.settings.instance / "outbox").glob("mail-stands_still-*.eml")
    assert b"To: contact@example.org" in mail.read_bytes()


def test_it_exits_with_0_while_one_runs(
    command: Callable[..., Result], container: Container
) -> None:
    beat(container)
    done = command("watch")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("fine: workers: 1 running, 0 silent, last seen ")
    assert not (container.settings.instance / "outbox").exists()


def test_the_operator_is_called_when_the_database_is_down_but_not_with_every_look(
    command: Callable[..., Result], environ: dict[str, str], container: Container
) -> None:
    beat(container)
    down = environ | {"CAMPAIGN_DATABASE_URL": "postgresql://127.0.0.1:1/campaign"}
    outbox = container.settings.instance / "outbox"
    for _ in range(3):
        done = CliRunner().invoke(commands, ["watch"], env=down)
        assert done.exit_code == 1
        assert done.output == "STANDING STILL: the database does not answer\n"
    (mail,) = outbox.iterdir()
    assert b"To: contact@example.org" in mail.read_bytes()
    for _ in range(2):
        assert command("watch").exit_code == 0
    assert len(list(outbox.glob("mail-database_back-*.eml"))) == 1


def test_with_every_it_looks_again_until_it_is_ended(
    environ: dict[str, str], container: Container
) -> None:
    waited = []

    def ended(seconds: float) -> bool:
        waited.append(seconds)
        beat(container)
        return len(waited) == 3

    done = CliRunner().invoke(commands, ["watch", "--every", "60"], env=environ, obj=ended)
    assert waited == [60, 60, 60]
    assert [line.split(":")[0] for line in done.output.splitlines()] == [
        "STANDING STILL",
        "fine",
        "fine",
    ]
    assert done.exit_code == 0
