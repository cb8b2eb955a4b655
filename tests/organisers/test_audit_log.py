"""The log of what people did: it only grows, and it can be searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from campaign.organisers.queries import audit_log as log
from campaign.organisers.queries.audit_log import Wanted
from campaign.organisers.rules.audit_log import Action, Entry
from tests.clock import START

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from campaign.container import House


def write(house: House, *entries: Entry) -> None:
    with house.database.writing() as session:
        for entry in entries:
            log.append(session, entry, START)


def found(house: House, **wanted: str) -> list[str]:
    with house.database.reading() as session:
        return [row.about for row in log.entries(session, Wanted(**wanted), limit=10)]


PAUSED = Entry("Ada Example", Action.PAUSED, "ministry DE", reason="They asked for a week")
RESUMED = Entry("Ben Example", Action.RESUMED, "ministry FR")


@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize("change", ["UPDATE log_entries SET who = ''", "DELETE FROM log_entries"])
def test_no_statement_changes_or_deletes_an_entry(house: House, change: str) -> None:
    write(house, PAUSED)
    with pytest.raises(DBAPIError, match="only grows"), house.database.writing() as session:
        session.execute(text(change))
    assert found(house) == ["ministry DE"]


def test_entries_are_found_by_any_of_their_words_the_newest_first(house: House) -> None:
    write(house, PAUSED, RESUMED)
    assert found(house) == ["ministry FR", "ministry DE"]
    assert found(house, words="A WEEK") == ["ministry DE"]
    assert found(house, words="%") == []
    assert found(house, who="Ben Example") == ["ministry FR"]
    assert found(house, action=Action.PAUSED) == ["ministry DE"]
    assert found(house, about="ministry DE", words="resumed") == []


@pytest.mark.asvs("16.2.1")
def test_the_command_reads_the_log(house: House, command: Callable[..., Result]) -> None:
    write(house, PAUSED, RESUMED)
    said = command("log", "--words", "week").output
    assert said == (
        "2026-11-02 10:00  Ada Example  ministry paused  ministry DE: They asked for a week\n"
    )


@pytest.mark.asvs("16.2.5")
def test_addresses_in_a_reason_are_masked(house: House) -> None:
    write(house, Entry("Ada Example", Action.PAUSED, reason="testa@example.org asked"))
    with house.database.reading() as session:
        (row,) = log.entries(session, Wanted(), limit=10)
    assert row.reason == "<address> asked"
