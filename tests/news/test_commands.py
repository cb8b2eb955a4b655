"""`campaign news`: written, looked at, tried, sent and stopped from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.delivery.rows import OutgoingRow
from tests.helpers.news import add_readers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container


@pytest.fixture
def written(command: Callable[..., Result], tmp_path: Path) -> Callable[..., Result]:
    def write(subject: str, text: str, language: str, *more: str) -> Result:
        path = tmp_path / "news.txt"
        path.write_text(text, encoding="utf-8")
        words = ("--subject", subject, "--text-file", str(path), "--language", language)
        return command("news", "write", *words, "--by", "Testa Organiser", *more)

    return write


@pytest.fixture
def news_id(written: Callable[..., Result]) -> str:
    return written("Three answers", "They agree.", "en").output.split()[0]


def test_a_draft_gets_a_text_in_one_more_language(
    command: Callable[..., Result], written: Callable[..., Result], news_id: str
) -> None:
    done = written("Drei Antworten", "Sie stimmen zu.", "de", "--add-to", news_id)
    assert done.output == f"{news_id} is a draft in de, en.\n"
    listed = command("news", "list").output
    assert listed.startswith(f"{news_id}  ")
    assert "  draft in de, en  Three answers" in listed


def test_every_fault_is_said_with_its_field(written: Callable[..., Result]) -> None:
    done = written("", "x" * 10_001, "en")
    assert done.exit_code == 2
    assert "subject-en: it is empty" in done.output
    assert "text-en: a subject has room for 150 characters and a text for 10000" in done.output


def test_the_preview_shows_headers_and_text_and_queues_nothing(
    command: Callable[..., Result], container: Container, news_id: str
) -> None:
    shown = command("news", "preview", news_id, "--language", "fr").output
    assert "Subject: Three answers\n" in shown
    assert "List-Unsubscribe: <http://localhost/en/eu-china-dialogue/unsubscribe/" in shown
    assert "They agree.\n\n-- \nYou get this mail because you signed" in shown
    with container.database.reading() as session:
        assert session.query(OutgoingRow).count() == 0


def test_a_test_is_queued_for_the_organisers(command: Callable[..., Result], news_id: str) -> None:
    done = command("news", "test", news_id, "--language", "en")
    assert done.output == "It is queued for contact@example.org.\n"


def test_sending_says_to_how_many_first_and_can_be_stopped(
    command: Callable[..., Result], container: Container, news_id: str
) -> None:
    add_readers(container, 2)
    add_readers(container, 1, language="de")
    asked = command("news", "send", news_id)
    assert asked.output.splitlines()[:2] == ["de  1, in the campaign's default language", "en  2"]
    assert "Send it to 3 people?" in asked.output
    assert asked.exit_code == 1
    sent = command("news", "send", news_id, "--yes", "--by", "Testa Organiser")
    assert f"It leaves to 3 people. To stop it: campaign news stop {news_id}" in sent.output
    assert "sending: 0 of 3 have left" in command("news", "list").output
    assert command("news", "stop", news_id).output == "Stopped: 3 people do not get it.\n"
    again = command("news", "stop", news_id)
    assert "This cannot be done: it is stopped." in again.output
    assert again.exit_code == 1


def test_what_does_not_exist_is_said_in_a_sentence(command: Callable[..., Result]) -> None:
    unknown = "0197f000-0000-7000-8000-000000000001"
    for arguments in (("send", unknown), ("preview", unknown, "--language", "en")):
        done = command("news", *arguments)
        assert f"there is no {unknown} in this campaign" in done.output
        assert done.exit_code == 2
