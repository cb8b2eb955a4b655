"""Large exports: asked for, made in turns beside the mail, fetched, forgotten."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from campaign.container import exports_folder
from campaign.delivery.rules.delivery import LEASE
from campaign.errors import InvalidText
from campaign.exports.enqueue import enqueue_handover_pack, enqueue_signatures
from campaign.exports.queries import jobs
from campaign.exports.queries.records import SignatureExportFilter
from campaign.exports.rows import ExportJobRow
from campaign.exports.rules import FILE_LIFETIME, JobState
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.services import create_export_builder
from campaign.signatures.rows import SignatureRow
from tests.conftest import SLUG

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from campaign.container import Container
    from campaign.exports.build import ExportBuilder
    from tests.clock import Clock
    from tests.supporter import Supporter

ASKED = AuditEntry("Ada Example", AuditAction.SIGNATURES_EXPORTED, reason="For the meeting")


def ask(
    container: Container, form: str = "csv", government: str = "", entry: AuditEntry = ASKED
) -> UUID:
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        wanted = SignatureExportFilter(government=government)
        return enqueue_signatures(session, loaded, form, wanted, entry, container.clock())


def job(container: Container, job_id: UUID) -> ExportJobRow:
    with container.database.reading() as session:
        return jobs.find(session, job_id)


def files(container: Container) -> list[Path]:
    folder = exports_folder(container.settings)
    return sorted(folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def slow(container: Container) -> ExportBuilder:
    """A builder whose turns end after each piece."""
    return replace(create_export_builder(container), turn_seconds=0)


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_the_worker_makes_what_was_asked_for_into_a_private_file(
    supporter: Supporter, container: Container, form: str
) -> None:
    supporter.sign(email="a@example.org", show_name="y")
    supporter.sign(email="b@example.org", government="FR")
    job_id = ask(container, form, government="DE")
    supporter.deliver()
    made = job(container, job_id)
    assert (made.state, made.done, made.total) == (JobState.READY, 1, 1)
    (path,) = files(container)
    content = path.read_bytes()
    assert (path.name, made.size) == (made.file, len(content))
    assert made.sha256 == hashlib.sha256(content).hexdigest()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert form == "xlsx" or b"Testa Example" in content


def test_asking_is_in_the_log_with_reason_and_number_and_needs_one(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    ask(container, government="DE")
    with container.database.reading() as session:
        (entry,) = audit_log.search(session, AuditFilter(), limit=10)
    assert (entry.who, entry.reason, entry.number) == ("Ada Example", "For the meeting", 1)
    assert entry.detail == "csv, government DE"
    with pytest.raises(InvalidText, match="no-reason"):
        ask(container, entry=replace(ASKED, reason=""))


def test_mail_goes_first(supporter: Supporter, container: Container) -> None:
    supporter.submit()
    job_id = ask(container)
    supporter.worker.step()
    assert len(supporter.mails()) == 1
    assert job(container, job_id).state is JobState.WAITING


def test_a_turn_ends_in_between_and_says_how_far_it_is(
    supporter: Supporter, container: Container, slow: ExportBuilder
) -> None:
    supporter.sign(show_name="y")
    job_id = ask(container)
    assert slow.run_batch() == 1
    begun = job(container, job_id)
    assert (begun.state, begun.total) == (JobState.BUILDING, 1)
    while slow.run_batch():
        pass
    assert job(container, job_id).state is JobState.READY


def test_what_a_killed_worker_began_is_made_anew_and_its_half_file_deleted(
    supporter: Supporter, container: Container, clock: Clock, slow: ExportBuilder
) -> None:
    supporter.sign(show_name="y")
    job_id = ask(container)
    slow.run_batch()
    other = create_export_builder(container)
    assert other.run_batch() == 0
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert other.run_batch() == 1
    assert job(container, job_id).state is JobState.READY
    assert len(files(container)) == 2
    other.delete_stale_files()
    assert [path.name for path in files(container)] == [job(container, job_id).file]
    # It was not dead, only slow: it finds that the work is not its own any more.
    while slow.run_batch():
        pass
    assert [path.name for path in files(container)] == [job(container, job_id).file]


@pytest.mark.both_databases
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_export_during_which_the_database_went_away_is_made_anew(
    supporter: Supporter, container: Container, clock: Clock, slow: ExportBuilder
) -> None:
    supporter.sign(show_name="y")
    job_id = ask(container)
    slow.run_batch()
    with container.database.autocommit() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(DBAPIError):
        slow.run_batch()
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert slow.run_batch() == 1
    while slow.run_batch():
        pass
    assert job(container, job_id).state is JobState.READY


def test_a_worker_that_is_stopped_leaves_the_work_to_the_next(
    supporter: Supporter, container: Container, slow: ExportBuilder
) -> None:
    supporter.sign()
    job_id = ask(container)
    slow.run_batch()
    slow.release_job()
    assert job(container, job_id).state is JobState.WAITING
    assert files(container) == []


@pytest.mark.parametrize("moment", ["before", "between", "after"])
def test_a_cancelled_export_leaves_no_file(
    supporter: Supporter, container: Container, clock: Clock, slow: ExportBuilder, moment: str
) -> None:
    supporter.sign()
    job_id = ask(container)
    if moment != "before":
        slow.run_batch()
    while moment == "after" and slow.run_batch():
        pass
    with container.database.writing() as session:
        assert jobs.cancel(session, job_id, clock())
    while slow.run_batch():
        pass
    slow.delete_stale_files()
    assert job(container, job_id).state is JobState.CANCELLED
    assert files(container) == []
    with container.database.writing() as session:
        assert not jobs.cancel(session, job_id, clock())


def test_a_file_is_deleted_after_a_day_and_its_row_stays(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    job_id = ask(container)
    supporter.deliver()
    clock.advance(seconds=(FILE_LIFETIME - timedelta(minutes=1)).total_seconds())
    supporter.worker.run_housekeeping()
    assert len(files(container)) == 1
    clock.advance(minutes=2)
    supporter.worker.run_housekeeping()
    assert files(container) == []
    gone = job(container, job_id)
    assert (gone.state, gone.reason, gone.total) == (JobState.EXPIRED, "For the meeting", 1)


def test_an_export_that_fails_says_why_and_ends_nothing_else(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    container.settings.instance.mkdir(exist_ok=True)
    exports_folder(container.settings).write_text("no folder")
    job_id = ask(container)
    supporter.deliver()
    failed = job(container, job_id)
    assert (failed.state, failed.fault) == (JobState.FAILED, "File exists")


def test_people_who_cannot_be_opened_are_said_beside_the_file(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign(show_name="y")
    with container.database.writing() as session:
        row = session.scalars(select(SignatureRow)).one()
        row.sealed = (row.sealed or b"") + b"x"
    job_id = ask(container)
    supporter.deliver()
    made = job(container, job_id)
    assert (made.state, made.fault) == (JobState.READY, "seal broken: 1")


def test_a_hand_over_pack_is_made_in_the_same_way(
    supporter: Supporter, container: Container, slow: ExportBuilder
) -> None:
    supporter.sign(show_name="y")
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        job_id = enqueue_handover_pack(session, loaded, "DE", ASKED, container.clock())
    while slow.run_batch():
        pass
    made = job(container, job_id)
    assert (made.state, made.done, made.total) == (JobState.READY, 1, 1)
    (path,) = files(container)
    assert made.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    with ZipFile(path) as file:
        assert "MANIFEST.txt" in file.namelist()
    with container.database.reading() as session:
        (entry,) = audit_log.search(session, AuditFilter(), limit=10)
    assert (entry.action, entry.number) == (AuditAction.PACK_EXPORTED, 1)


def test_a_job_of_an_earlier_version_prints_letters_to_the_foreign_ministry() -> None:
    assert ExportJobRow(government="GR", parameters={}).recipient == "GR/foreign-affairs"
