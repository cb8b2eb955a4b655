"""`campaign signatures`: what organisers type about signatures, and what they are told."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from campaign.organisers.rows import AuditLogRow
from campaign.signatures.rows.signatures import SignatureRow
from tests.helpers.signatures import add_confirmed

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from campaign.container import Container
    from campaign.worker import Worker
    from tests.supporter import Supporter

PAST = datetime(2025, 11, 2, 10, tzinfo=UTC)
WHY = ("--reason", "a script made it", "--by", "Tester")


def id_of(container: Container) -> str:
    with container.database.reading() as session:
        return str(session.scalars(select(SignatureRow.id)).one())


def test_a_signature_is_invalidated_and_restored_held_and_released(
    command: Callable[..., Result], supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    one = id_of(container)
    for act, said, count in (
        ("invalidate", f"{one} is not counted any more.\n", 0),
        ("restore", f"{one} is restored.\n", 1),
        ("hold", f"{one} is held.\n", 0),
        ("release", "1 released; 0 were not held.\n", 1),
    ):
        assert command("signatures", act, one, *WHY).output == said
        assert supporter.count() == count
    with container.database.reading() as session:
        assert session.scalars(select(AuditLogRow.who).distinct()).all() == ["Tester"]
        assert len(session.scalars(select(AuditLogRow)).all()) == 4
    assert command("counts", "check").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("restore", "{id}", *WHY), "it is confirmed"),
        (("invalidate", "00000000-0000-0000-0000-000000000001", *WHY), "nothing with the id"),
        (("invalidate", "{id}", "--reason", " "), "say in --reason why"),
        (("hold", "{id}", "--reason", "a" + "\u0316" * 5), "cannot be kept"),
        (("hold", "{id}", "--reason", "x" * 501), "room for"),
        (("hold", "{id}"), "--reason"),
        (("release", *WHY), "SIGNATURE_IDS"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    command: Callable[..., Result],
    supporter: Supporter,
    container: Container,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    supporter.sign()
    one = id_of(container)
    answer = command("signatures", *(part.format(id=one) for part in arguments))
    assert answer.exit_code == 2
    assert said in answer.output
    assert supporter.count() == 1


def test_who_has_signed_again_is_not_restored(
    command: Callable[..., Result], supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    one = id_of(container)
    command("signatures", "invalidate", one, *WHY)
    supporter.sign()
    answer = command("signatures", "restore", one, *WHY)
    assert answer.exit_code == 2
    assert "has signed again" in answer.output


def made(container: Container, many: int, domain: str = "script.example", **values: Any) -> None:
    """Add signatures of long ago: commands go by the real clock."""
    add_confirmed(container, many, domain, created_at=PAST, confirmed_at=PAST, **values)


def by_rule(command: Callable[..., Result], *arguments: str) -> str:
    return command("signatures", *arguments, *WHY).output


def change_id(output: str) -> str:
    found = re.search(r"[Cc]hange ([0-9a-f-]{36})", output)
    assert found, output
    return found.group(1)


def test_signatures_are_invalidated_by_rule_after_a_look_and_brought_back(
    command: Callable[..., Result], container: Container
) -> None:
    made(container, 30)
    made(container, 2, "other.example", government="GR")
    said = by_rule(
        command, "invalidate-where", "--domain", "script.example", "--source", "",
        "--from", "2025-11-02", "--until", "2025-11-03 00:00", "--yes", "--now",
    )  # fmt: skip
    rule = "source (none), from 2025-11-02 00:00 UTC, until 2025-11-03 00:00 UTC"
    assert f"meet the rule ({rule}, mail domain script.example): 30. The newest:" in said
    assert said.count("  confirmed  DE  2025-11-02 10:00 UTC\n") == 20
    assert "Testa" not in said
    assert "is done: 30 of 30 invalidated.\n" in said
    one = change_id(said)
    listed = command("signatures", "list").output
    assert re.search(rf"{one}  done  30 of 30 invalidated  .+ UTC  Tester: a script", listed)
    assert f"    {rule}, mail domain script.example\n" in listed
    undone = by_rule(command, "undo", one, "--now")
    assert "is undone: 30 brought back, 0 not, because" in undone
    assert "30 brought back, 0 not" in command("signatures", "list").output
    assert command("counts", "check").exit_code == 0


def test_who_has_signed_again_is_listed_after_an_undo(
    command: Callable[..., Result], supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    one = id_of(container)
    with container.database.writing() as session:
        session.execute(update(SignatureRow).values(confirmed_at=PAST))
    change = change_id(by_rule(command, "invalidate-where", "--government", "de", "--yes", "--now"))
    supporter.sign()
    by_rule(command, "undo", change, "--now")
    listed = command("signatures", "list").output
    assert f"not brought back: {one}  invalidated  DE" in listed


def test_the_worker_does_what_the_command_starts_and_it_can_be_stopped_and_resumed(
    command: Callable[..., Result], container: Container, worker: Worker
) -> None:
    made(container, 10)
    said = by_rule(command, "invalidate-where", "--government", "DE", "--yes")
    assert "The worker does it in batches" in said
    one = change_id(said)
    assert by_rule(command, "stop", one) == "It is stopped after 0 of 10.\n"
    worker.run_housekeeping()
    worker.step()
    assert "stopped  0 of 10 invalidated" in command("signatures", "list").output
    assert "The worker does it" in by_rule(command, "resume", one)
    worker.run_housekeeping()
    worker.step()
    assert "done  10 of 10 invalidated" in command("signatures", "list").output
    again = command("signatures", "stop", one, *WHY)
    assert again.exit_code == 2
    assert "it is done" in again.output


def test_held_signatures_are_released_by_rule(
    command: Callable[..., Result], container: Container
) -> None:
    made(container, 3, held=True)
    assert "3 of 3 released" in by_rule(command, "release-where", "--yes", "--now")
    assert "There is no such signature" in by_rule(command, "release-where", "--yes")
    assert "    held\n" in command("signatures", "list").output


def test_nothing_is_invalidated_without_a_rule_a_domain_or_a_yes(
    command: Callable[..., Result], container: Container
) -> None:
    made(container, 1)
    assert "at least one of the options" in by_rule(command, "invalidate-where", "--yes")
    assert "mail domain such as" in by_rule(command, "invalidate-where", "--domain", "no domain")
    asked = command("signatures", "invalidate-where", "--government", "DE", *WHY)
    assert asked.exit_code == 1
    assert "Shall they be invalidated? [y/N]" in asked.output
    assert command("signatures", "list").output == ""
