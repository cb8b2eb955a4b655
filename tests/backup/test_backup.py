"""A backup taken in use, encrypted, put back: the erased stay erased, and nothing leaves twice."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pyrage
import pytest
from sqlalchemy import select

from campaign.backup.queries import dumps
from campaign.errors import BackupError
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.moderation.rules import ChangeKind
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction
from campaign.organisers.rules.roles import Role
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.criteria import ALL_SIGNATURES
from campaign.signatures.rules.signature import HoldReason, SignatureState
from tests.helpers.backups import BackupSetup
from tests.helpers.bulk_changes import finish, make_order, start_change
from tests.helpers.signatures import add_confirmed
from tests.organiser import CONSOLE_PATH, email_of, sign_in_organiser

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from flask import Flask

    from campaign.container import Container
    from campaign.organisers.rows import AuditLogRow
    from tests.clock import Clock
    from tests.supporter import Supporter


@pytest.fixture
def safe(tmp_path: Path, command: Callable[..., Result], tools: None) -> BackupSetup:
    return BackupSetup(tmp_path, command)


def states(container: Container) -> dict[str, SignatureState]:
    """Return the state of each signature by its government."""
    with container.database.reading() as session:
        return {row.government: row.state for row in session.scalars(select(SignatureRow))}


def shown_names(supporter: Supporter) -> int:
    return supporter.browser.get(supporter.path("/signatories")).text.count("Testa Example")


def newest_entry(container: Container) -> AuditLogRow:
    with container.database.reading() as session:
        (row,) = audit_log.search(session, AuditFilter(), limit=1)
        session.expunge(row)
    return row


EARLIER = [f"2026-01-0{day}T031500Z.age" for day in (1, 2, 3)]


@pytest.fixture
def nightly(safe: BackupSetup) -> Path:
    """A folder with backups of earlier nights, and one that somebody made by hand."""
    folder = safe.folder / "backups"
    folder.mkdir()
    for name in (*EARLIER, "before-the-move.age"):
        (folder / name).touch()
    return folder


def test_a_folder_keeps_the_newest_backups_and_what_else_is_in_it(
    nightly: Path, safe: BackupSetup
) -> None:
    done = safe.command("backup", str(nightly), "--keep", "2", "--to", safe.public)
    assert done.exit_code == 0, done.output
    left = {path.name for path in nightly.iterdir()}
    (new,) = left - {*EARLIER, "before-the-move.age"}
    assert left == {EARLIER[-1], new, "before-the-move.age"}
    safe.file = nightly / new
    assert safe.restore().exit_code == 0


def test_a_backup_that_fails_takes_no_older_one_away(nightly: Path, safe: BackupSetup) -> None:
    done = safe.command("backup", str(nightly), "--keep", "1", "--to", "age1nobody")
    assert done.exit_code == 1
    assert {path.name for path in nightly.iterdir()} == {*EARLIER, "before-the-move.age"}


def test_a_number_to_keep_is_for_a_folder_and_a_folder_needs_one(safe: BackupSetup) -> None:
    said = safe.command("backup", str(safe.file), "--keep", "2", "--to", safe.public)
    assert "--keep is for a folder that is there" in said.output
    said = safe.command("backup", str(safe.folder), "--to", safe.public)
    assert "is a folder: say with --keep how many stay in it" in said.output


def test_what_people_took_back_after_a_backup_is_taken_back_again(
    supporter: Supporter, container: Container, safe: BackupSetup
) -> None:
    pages = {
        code: supporter.sign(email=f"{code.lower()}@example.org", government=code, show_name="y")
        for code in ("DE", "FR", "IT", "MT")
    }
    supporter.submit(email="stopped@example.org", government="EE")
    assert safe.backup().exit_code == 0
    supporter.browser.post(f"{pages['DE']}/delete")
    supporter.browser.post(f"{pages['FR']}/withdraw")
    # Neither tick comes with the form, so both consents are taken back.
    supporter.browser.post(f"{pages['IT']}/correct", data={"name": "Testa Example", "town": ""})
    supporter.browser.post(supporter.newest_mail("stopped@example.org").link("stop"))
    assert supporter.count() == 2
    said = safe.restore()
    assert said.exit_code == 0, said.output
    assert "5 things that people took back since were done again" in said.output
    assert supporter.count() == 2
    after = states(container)
    assert (after["DE"], after["FR"], after["MT"]) == (
        *(SignatureState.WITHDRAWN, SignatureState.WITHDRAWN),
        SignatureState.CONFIRMED,
    )
    with container.database.reading() as session:
        (gone,) = session.scalars(select(SignatureRow).where(SignatureRow.government == "DE"))
        assert (gone.sealed, gone.identity_hash, gone.email_hash) == (None, None, None)
    names = supporter.browser.get(supporter.path("/signatories")).text
    assert names.count("Testa Example") == 1
    before = len(supporter.mails("stopped@example.org"))
    supporter.submit(email="stopped@example.org")
    supporter.deliver()
    assert len(supporter.mails("stopped@example.org")) == before
    assert safe.command("counts", "check").exit_code == 0


def test_a_letter_that_left_after_the_backup_does_not_leave_again(
    supporter: Supporter, container: Container, safe: BackupSetup, clock: Clock
) -> None:
    supporter.sign()
    supporter.submit(email="later@example.org", government="FR")
    link = supporter.newest_mail("later@example.org").link("confirm")
    # The first letter left with that; one more is queued when the backup is made.
    supporter.sign(email="queued@example.org", government="IT")
    safe.backup()
    supporter.deliver()
    supporter.browser.post(link)
    supporter.deliver()
    left = len(supporter.letters())
    assert left == 3
    said = safe.restore()
    assert "1 letters are uncertain" in said.output
    assert "1 signatures were not confirmed then" in said.output
    clock.advance(days=1)
    supporter.deliver()
    supporter.browser.post(link)
    supporter.deliver()
    assert len(supporter.letters()) == left
    with container.database.reading() as session:
        by_state = {row.government: row.state for row in session.scalars(select(LetterRow))}
        (held,) = session.scalars(select(SignatureRow).where(SignatureRow.government == "FR"))
    assert by_state["DE"] is LetterState.ACCEPTED
    assert by_state["IT"] is LetterState.UNCERTAIN
    assert by_state["FR"] is LetterState.WAITING
    assert held.held_for is HoldReason.RESTORED


@pytest.mark.parametrize("gone", ["before", "after", "never"])
def test_who_deletes_gets_no_second_letter_sent_by_way_of_a_restore(
    supporter: Supporter, container: Container, safe: BackupSetup, clock: Clock, gone: str
) -> None:
    """Her letter left after the backup, which does not know of it."""
    private = supporter.sign()
    safe.backup()
    supporter.deliver()
    if gone == "before":
        supporter.browser.post(f"{private}/delete")
    assert safe.restore().exit_code == 0
    if gone == "after":
        supporter.browser.post(f"{private}/delete")
    if gone == "never":
        supporter.browser.post(f"{private}/withdraw")
    clock.advance(days=1)
    supporter.submit()
    done = supporter.browser.get(supporter.confirm()).text
    assert "so this signature counts without another" in done
    supporter.deliver()
    assert len(supporter.letters()) == 1


def test_a_held_letter_that_was_released_and_left_after_the_backup_does_not_leave_again(
    supporter: Supporter, container: Container, safe: BackupSetup, clock: Clock
) -> None:
    supporter.sign(comment="Buy pills")
    safe.backup()
    for left in (0, 1):
        assert len(supporter.letters()) == left
        start_change(container, make_order(container, ALL_SIGNATURES, ChangeKind.RELEASE))
        finish(container)
        supporter.deliver()
        assert len(supporter.letters()) == 1
        if not left:
            said = safe.restore()
            assert "1 letters are uncertain" in said.output
            clock.advance(days=1)
    with container.database.reading() as session:
        assert list(session.scalars(select(LetterRow.state))) == [LetterState.UNCERTAIN]


def test_the_ledgers_of_all_hosts_are_replayed_and_kept(
    supporter: Supporter, container: Container, safe: BackupSetup
) -> None:
    private = supporter.sign()
    safe.backup()
    supporter.browser.post(f"{private}/delete")
    ledger = container.settings.instance / "erased.ledger"
    elsewhere = ledger.rename(safe.folder / "other-host.ledger")
    with elsewhere.open("a") as file:
        file.write("2026-11-02T10:00:00+00:00 dele")  # cut short by a crash
    said = safe.restore("--ledger", str(elsewhere))
    assert "1 things that people took back" in said.output
    assert supporter.count() == 0
    assert ledger.read_text().split()[1] == "deleted"
    assert safe.restore().exit_code == 0
    assert supporter.count() == 0


def test_a_withdrawal_holds_for_what_was_not_confirmed_in_the_backup(
    supporter: Supporter, container: Container, safe: BackupSetup, clock: Clock
) -> None:
    supporter.submit()
    link = supporter.newest_mail().link("confirm")
    supporter.submit(name="Testa Twice Example")
    supporter.deliver()
    assert safe.backup().exit_code == 0
    private = supporter.browser.post(link).location.replace("/done/", "/private/")
    assert supporter.browser.post(f"{private}/withdraw").status_code == 303
    said = safe.restore()
    assert "1 things that people took back" in said.output
    with container.database.reading() as session:
        rows = session.scalars(select(SignatureRow)).all()
        assert [(row.state, row.sealed) for row in rows] == [(SignatureState.DROPPED, None)] * 2
    mails = len(supporter.mails())
    clock.advance(days=1, hours=1)
    supporter.worker.run_housekeeping()
    supporter.deliver()
    supporter.browser.post(link)
    assert (len(supporter.mails()), supporter.count()) == (mails, 0)


def test_a_consent_that_was_given_again_before_the_backup_stays_given(
    supporter: Supporter, container: Container, safe: BackupSetup, clock: Clock
) -> None:
    private = supporter.sign(show_name="y")
    correct = partial(supporter.browser.post, f"{private}/correct")
    name = {"name": "Testa Example", "town": ""}
    for ticks in ({}, {"show_name": "y"}):
        clock.advance(minutes=1)
        correct(data=name | ticks)
    safe.backup()
    assert "0 things" in safe.restore().output
    assert shown_names(supporter) == 1
    # Taken back after the backup, it is taken back once more; given again after that, it stays.
    clock.advance(minutes=1)
    correct(data=name)
    assert "1 things" in safe.restore().output
    assert shown_names(supporter) == 0
    clock.advance(minutes=1)
    correct(data=name | {"show_name": "y"})
    safe.file.unlink()
    safe.backup()
    assert "0 things" in safe.restore().output
    assert shown_names(supporter) == 1


def test_what_a_hosts_slow_clock_wrote_is_done_again_whatever_the_order(
    supporter: Supporter, container: Container, safe: BackupSetup, clock: Clock
) -> None:
    """She withdrew on one host, and another, whose clock is behind, erased her at the end."""
    private = supporter.sign()
    safe.backup()
    supporter.browser.post(f"{private}/withdraw")
    ledger = container.settings.instance / "erased.ledger"
    identifier = ledger.read_text().split()[-1]
    with ledger.open("a") as file:
        file.write(f"2026-11-01T10:00:00+00:00 ended {identifier}\n")
    safe.restore()
    assert supporter.count() == 0
    with container.database.reading() as session:
        (row,) = session.scalars(select(SignatureRow))
        assert (row.state, row.sealed) == (SignatureState.WITHDRAWN, None)
    assert safe.command("counts", "check").exit_code == 0


def test_without_the_hosts_ledger_nothing_is_restored_until_somebody_says_so(
    supporter: Supporter, container: Container, safe: BackupSetup
) -> None:
    private = supporter.sign()
    safe.backup()
    supporter.browser.post(f"{private}/delete")
    ledger = container.settings.instance / "erased.ledger"
    elsewhere = ledger.rename(safe.folder / "other-host.ledger")
    said = safe.restore()
    assert said.exit_code != 0
    assert "This host has no erased.ledger" in said.output
    assert "--without-ledger" in said.output
    assert supporter.count() == 0
    # A ledger that has begun here since is not the one that is missing.
    assert safe.command("backup", str(safe.folder / "new.age"), "--to", safe.public).exit_code == 0
    said = safe.restore()
    assert said.exit_code != 0
    assert "1 of 1 lines of the backup's own ledger are in no ledger here" in said.output
    assert supporter.count() == 0
    assert safe.restore("--ledger", str(elsewhere)).exit_code == 0
    assert supporter.count() == 0
    ledger.unlink()
    said = safe.restore("--without-ledger")
    assert said.exit_code == 0, said.output
    assert "may have come back" in said.output
    assert supporter.count() == 1
    assert "without its ledger" in newest_entry(container).reason


def test_another_hosts_ledger_is_missed_when_the_database_knows_what_it_said(
    supporter: Supporter, container: Container, safe: BackupSetup
) -> None:
    private = supporter.sign()
    supporter.browser.post(f"{private}/withdraw")
    ledger = container.settings.instance / "erased.ledger"
    elsewhere = ledger.rename(safe.folder / "other-host.ledger")
    safe.backup()
    said = safe.restore()
    assert said.exit_code != 0
    assert "1 things that people took back before the backup are in no ledger here" in said.output
    assert safe.restore("--ledger", str(elsewhere)).exit_code == 0


def test_a_restore_signs_every_organiser_out_and_says_who_has_access(
    supporter: Supporter, container: Container, app: Flask, safe: BackupSetup
) -> None:
    owner = sign_in_organiser(container, app, Role.OWNER)
    safe.backup()
    said = safe.restore()
    assert email_of(Role.OWNER) in said.output
    assert "Sign in" in owner.get(f"{CONSOLE_PATH}/").text
    assert newest_entry(container).action == AuditAction.RESTORED


def test_a_backup_can_be_read_by_nobody_without_the_key(
    supporter: Supporter, safe: BackupSetup, tmp_path: Path
) -> None:
    supporter.sign(name="Canary Example")
    safe.backup()
    wire = safe.file.read_bytes()
    assert wire.startswith(b"age-encryption.org/v1")
    assert safe.file.stat().st_mode & 0o077 == 0
    assert b"SQLite" not in wire
    assert b"Canary" not in wire
    other = tmp_path / "other.txt"
    other.write_text(str(pyrage.x25519.Identity.generate()))
    said = safe.command("restore", str(safe.file), "--key", str(other), "--yes")
    assert "cannot be opened with this key" in str(said.exception)
    assert supporter.count() == 1


def test_a_backup_that_was_changed_or_cut_short_changes_nothing(
    supporter: Supporter, safe: BackupSetup
) -> None:
    supporter.sign()
    safe.backup()
    wire = safe.file.read_bytes()
    for broken in (wire[: len(wire) // 2], wire[:-1], b"x" + wire[1:], b""):
        safe.file.write_bytes(broken)
        said = safe.restore()
        assert said.exit_code != 0
        assert supporter.count() == 1


def test_a_backup_of_another_kind_of_database_is_refused(
    supporter: Supporter, container: Container, safe: BackupSetup
) -> None:
    safe.backup()
    key = pyrage.x25519.Identity.from_str(safe.key.read_text().splitlines()[1])
    kind = container.database.engine.dialect.name.encode()
    plain = pyrage.decrypt(safe.file.read_bytes(), [key])
    changed = plain.replace(b'"dialect": "' + kind, b'"dialect": "' + b"x" * len(kind))
    assert changed != plain
    safe.file.write_bytes(pyrage.encrypt(changed, [key.to_public()]))
    assert "it is a backup of" in safe.restore().output


def test_without_a_key_nothing_is_written(safe: BackupSetup) -> None:
    said = safe.command("backup", str(safe.file))
    assert "CAMPAIGN_BACKUP_KEYS" in said.output
    assert "begins with age1" in str(
        safe.command("backup", str(safe.file), "--to", "ssh-rsa AAAA").exception
    )
    assert not safe.file.exists()
    assert safe.backup().exit_code == 0
    assert "is there already" in safe.backup().output


def test_a_database_in_use_is_backed_up_as_it_is_at_one_moment(
    supporter: Supporter, container: Container, safe: BackupSetup
) -> None:
    stop, written = threading.Event(), []

    def sign_on() -> None:
        while not stop.is_set():
            written.extend(add_confirmed(container, 5))

    writer = threading.Thread(target=sign_on)
    writer.start()
    try:
        said = safe.backup()
    finally:
        stop.set()
        writer.join()
    assert said.exit_code == 0, said.output
    assert safe.restore().exit_code == 0
    assert safe.command("counts", "check").exit_code == 0
    with container.database.reading() as session:
        kept = len(session.scalars(select(SignatureRow.id)).all())
    assert kept % 5 == 0
    assert kept <= len(written)
    assert supporter.count() == kept


def test_without_postgresqls_tools_a_sentence_says_what_is_needed(
    postgresql_url: str,
    make_container: Callable[[dict[str, str]], Container],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    container = make_container(
        {"CAMPAIGN_DATABASE_URL": postgresql_url, "CAMPAIGN_INSTANCE": str(tmp_path)}
    )
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BackupError, match="pg_dump is needed"):
        dumps.dump_database(container.database, tmp_path / "dump")
