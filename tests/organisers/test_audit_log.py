"""The log of what people did: it only grows, and it can be searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from tests.clock import START
from tests.organiser import sign_in_organiser

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container


def write(container: Container, *entries: AuditEntry) -> None:
    with container.database.writing() as session:
        for entry in entries:
            audit_log.append(session, entry, START)


def found(container: Container, **wanted: str) -> list[str]:
    with container.database.reading() as session:
        return [row.about for row in audit_log.search(session, AuditFilter(**wanted), limit=10)]


PAUSED = AuditEntry(
    "Ada Example", AuditAction.PAUSED, "ministry DE", reason="They asked for a week"
)
RESUMED = AuditEntry("Ben Example", AuditAction.RESUMED, "ministry FR")


@pytest.mark.both_databases
@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize("change", ["UPDATE log_entries SET who = ''", "DELETE FROM log_entries"])
def test_no_statement_changes_or_deletes_an_entry(container: Container, change: str) -> None:
    write(container, PAUSED)
    with pytest.raises(DBAPIError, match="only grows"), container.database.writing() as session:
        session.execute(text(change))
    assert found(container) == ["ministry DE"]


def test_entries_are_found_by_any_of_their_words_the_newest_first(container: Container) -> None:
    write(container, PAUSED, RESUMED)
    assert found(container) == ["ministry FR", "ministry DE"]
    assert found(container, words="A WEEK") == ["ministry DE"]
    assert found(container, words="%") == []
    assert found(container, who="Ben Example") == ["ministry FR"]
    assert found(container, action=AuditAction.PAUSED) == ["ministry DE"]
    assert found(container, about="ministry DE", words="resumed") == []


@pytest.mark.asvs("16.2.1")
def test_the_console_shows_who_did_what_to_what_when_and_why(
    container: Container, app: Flask
) -> None:
    write(container, PAUSED, RESUMED)
    page = sign_in_organiser(container, app).get("/console/log?words=week").text
    row = page.partition("<tbody>")[2].partition("</tbody>")[0]
    for said in (
        "2026-11-02", "10:00", "Ada Example", "ministry paused", "ministry DE",
        "They asked for a week",
    ):  # fmt: skip
        assert said in row
    assert "Ben Example" not in row


@pytest.mark.asvs("16.2.5")
def test_addresses_in_a_reason_are_masked(container: Container) -> None:
    write(
        container, AuditEntry("Ada Example", AuditAction.PAUSED, reason="testa@example.org asked")
    )
    with container.database.reading() as session:
        (row,) = audit_log.search(session, AuditFilter(), limit=10)
    assert row.reason == "<address> asked"
