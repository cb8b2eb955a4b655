"""Large exports: asked for, made in turns beside the mail, fetched, forgotten."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from campaign.container import create_builder, exports_folder
from campaign.delivery.rules.delivery import LEASE
from campaign.errors import UnacceptableText
from campaign.exports.order import ask_for_pack, ask_for_signatures
from campaign.exports.queries import jobs as export_jobs
from campaign.exports.queries.tables import SignatureFilter
from campaign.exports.rules import KEPT_FOR, JobState
from campaign.organisers.queries import audit_log as log
from campaign.organisers.queries.audit_log import Wanted
from campaign.organisers.rules.audit_log import Action, Entry
from campaign.signatures.rows.signatures import SignatureRow
from tests.conftest import SLUG

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from campaign.container import House
    from campaign.exports.build import Builder
    from campaign.exports.rows import ExportJobRow
    from tests.clock import Clock
    from tests.supporter import Supporter

ASKED = Entry("Ada Example", Action.SIGNATURES_EXPORTED, reason="For the meeting")


def ask(house: House, form: str = "csv", government: str = "", entry: Entry = ASKED) -> UUID:
    with house.database.writing() as session:
        shelved = house.shelf.by_slug(session, SLUG)
        wanted = SignatureFilter(government=government)
        return ask_for_signatures(session, shelved, form, wanted, entry, house.clock())


def job(house: House, job_id: UUID) -> ExportJobRow:
    with house.database.reading() as session:
        return export_jobs.find(session, job_id)


def files(house: House) -> list[Path]:
    folder = exports_folder(house.settings)
    return sorted(folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def slow(house: House) -> Builder:
    """A builder whose turns end after each piece."""
    return replace(create_builder(house), turn_seconds=0)


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_the_worker_makes_what_was_asked_for_into_a_private_file(
    supporter: Supporter, house: House, form: str
) -> None:
    supporter.sign(email="a@example.org", show_name="y")
    supporter.sign(email="b@example.org", government="FR")
    job_id = ask(house, form, government="DE")
    supporter.deliver()
    made = job(house, job_id)
    assert (made.state, made.done, made.total) == (JobState.READY, 1, 1)
    (path,) = files(house)
    content = path.read_bytes()
    assert (path.name, made.size) == (made.file, len(content))
    assert made.sha256 == hashlib.sha256(content).hexdigest()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert form == "xlsx" or b"Testa Example" in content


def test_asking_is_in_the_log_with_reason_and_number_and_needs_one(
    supporter: Supporter, house: House
) -> None:
    supporter.sign()
    ask(house, government="DE")
    with house.database.reading() as session:
        (entry,) = log.entries(session, Wanted(), limit=10)
    assert (entry.who, entry.reason, entry.number) == ("Ada Example", "For the meeting", 1)
    assert entry.detail == "csv, government DE"
    with pytest.raises(UnacceptableText, match="no-reason"):
        ask(house, entry=replace(ASKED, reason=""))


def test_mail_goes_first(supporter: Supporter, house: House) -> None:
    supporter.submit()
    job_id = ask(house)
    supporter.worker.step()
    assert len(supporter.mails()) == 1
    assert job(house, job_id).state is JobState.WAITING


def test_a_turn_ends_in_between_and_says_how_far_it_is(
    supporter: Supporter, house: House, slow: Builder
) -> None:
    supporter.sign(show_name="y")
    job_id = ask(house)
    assert slow.work() == 1
    begun = job(house, job_id)
    assert (begun.state, begun.total) == (JobState.BUILDING, 1)
    while slow.work():
        pass
    assert job(house, job_id).state is JobState.READY


def test_what_a_killed_worker_began_is_made_anew_and_its_half_file_deleted(
    supporter: Supporter, house: House, clock: Clock, slow: Builder
) -> None:
    supporter.sign(show_name="y")
    job_id = ask(house)
    slow.work()
    other = create_builder(house)
    assert other.work() == 0
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert other.work() == 1
    assert job(house, job_id).state is JobState.READY
    assert len(files(house)) == 2
    other.tidy()
    assert [path.name for path in files(house)] == [job(house, job_id).file]
    # It was not dead, only slow: it finds that the work is not its own any more.
    while slow.work():
        pass
    assert [path.name for path in files(house)] == [job(house, job_id).file]


def test_a_worker_that_is_stopped_leaves_the_work_to_the_next(
    supporter: Supporter, house: House, slow: Builder
) -> None:
    supporter.sign()
    job_id = ask(house)
    slow.work()
    slow.lay_down()
    assert job(house, job_id).state is JobState.WAITING
    assert files(house) == []


@pytest.mark.parametrize("moment", ["before", "between", "after"])
def test_a_cancelled_export_leaves_no_file(
    supporter: Supporter, house: House, clock: Clock, slow: Builder, moment: str
) -> None:
    supporter.sign()
    job_id = ask(house)
    if moment != "before":
        slow.work()
    while moment == "after" and slow.work():
        pass
    with house.database.writing() as session:
        assert export_jobs.cancel(session, job_id, clock())
    while slow.work():
        pass
    slow.tidy()
    assert job(house, job_id).state is JobState.CANCELLED
    assert files(house) == []
    with house.database.writing() as session:
        assert not export_jobs.cancel(session, job_id, clock())


def test_a_file_is_deleted_after_a_day_and_its_row_stays(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    supporter.sign()
    job_id = ask(house)
    supporter.deliver()
    clock.advance(seconds=(KEPT_FOR - timedelta(minutes=1)).total_seconds())
    supporter.worker.sweep()
    assert len(files(house)) == 1
    clock.advance(minutes=2)
    supporter.worker.sweep()
    assert files(house) == []
    gone = job(house, job_id)
    assert (gone.state, gone.reason, gone.total) == (JobState.EXPIRED, "For the meeting", 1)


def test_an_export_that_fails_says_why_and_ends_nothing_else(
    supporter: Supporter, house: House
) -> None:
    supporter.sign()
    house.settings.instance.mkdir(exist_ok=True)
    exports_folder(house.settings).write_text("no folder")
    job_id = ask(house)
    supporter.deliver()
    failed = job(house, job_id)
    assert (failed.state, failed.fault) == (JobState.FAILED, "File exists")


def test_people_who_cannot_be_opened_are_said_beside_the_file(
    supporter: Supporter, house: House
) -> None:
    supporter.sign(show_name="y")
    with house.database.writing() as session:
        row = session.scalars(select(SignatureRow)).one()
        row.sealed = (row.sealed or b"") + b"x"
    job_id = ask(house)
    supporter.deliver()
    made = job(house, job_id)
    assert (made.state, made.fault) == (JobState.READY, "seal broken: 1")


def test_a_hand_over_pack_is_made_in_the_same_way(
    supporter: Supporter, house: House, slow: Builder
) -> None:
    supporter.sign(show_name="y")
    with house.database.writing() as session:
        shelved = house.shelf.by_slug(session, SLUG)
        job_id = ask_for_pack(session, shelved, "DE", ASKED, house.clock())
    while slow.work():
        pass
    made = job(house, job_id)
    assert (made.state, made.done, made.total) == (JobState.READY, 1, 1)
    (path,) = files(house)
    assert made.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    with ZipFile(path) as file:
        assert "MANIFEST.txt" in file.namelist()
    with house.database.reading() as session:
        (entry,) = log.entries(session, Wanted(), limit=10)
    assert (entry.action, entry.number) == (Action.PACK_EXPORTED, 1)
