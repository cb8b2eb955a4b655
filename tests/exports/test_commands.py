"""`campaign export`: what leaves, of whom, and what is kept about it."""

from __future__ import annotations

import base64
import csv
import json
import os
import pty
import subprocess
import sys
from io import StringIO
from typing import TYPE_CHECKING

import click
import pytest
from sqlalchemy import select, update

from campaign.campaigns.rows import RevisionRow
from campaign.cli.output import atomic_file
from campaign.exports.formats import csv as csv_format
from campaign.exports.queries.records import SignatureExportFilter
from campaign.exports.tables import signature_table
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.settings.settings import BASE_DIR
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import HoldReason, SignatureState
from tests.conftest import SLUG
from tests.exports.workbook import first_sheet

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container
    from campaign.organisers.rows import AuditLogRow
    from tests.clock import Clock
    from tests.supporter import Supporter

REASON = ("--reason", "For a test", "--by", "Ada Example")


def signatures(command: Callable[..., Result], *arguments: str) -> list[dict[str, str]]:
    said = command("export", "signatures", *REASON, *arguments)
    assert said.exit_code == 0, said.output
    return list(csv.DictReader(StringIO(said.stdout)))


def logged(container: Container) -> list[AuditLogRow]:
    with container.database.reading() as session:
        return list(audit_log.search(session, AuditFilter(), limit=10))


@pytest.mark.asvs("15.3.1")
def test_of_each_person_only_that_leaves_which_she_agreed_to(
    command: Callable[..., Result], supporter: Supporter
) -> None:
    person = {"town": "Exampletown"}
    supporter.sign(name="Nora Nothing", email="nothing@example.org", **person)
    supporter.sign(name="Sina Shown", email="shown@example.org", show_name="y", **person)
    supporter.sign(name="Nell News", email="news@example.org", send_news="y", **person)
    found = [
        (row["name"], row["town"], row["email"], row["show_name"], row["send_news"])
        for row in signatures(command)
    ]
    assert sorted(found) == [
        ("", "", "", "false", "false"),
        ("Nell News", "Exampletown", "news@example.org", "false", "true"),
        ("Sina Shown", "Exampletown", "", "true", "false"),
    ]


def test_who_is_not_counted_is_not_named(
    command: Callable[..., Result], supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(email="a@example.org", show_name="y", send_news="y")
    supporter.browser.post(f"{private}/withdraw")
    supporter.submit(email="b@example.org", show_name="y")
    supporter.sign(email="c@example.org", show_name="y", government="FR")
    with container.database.writing() as session:
        session.execute(
            update(SignatureRow)
            .where(SignatureRow.government == "FR")
            .values(held=True, held_for=HoldReason.ORGANISER)
        )
    assert signatures(command) == []
    for state in ("withdrawn", "pending", "held"):
        (row,) = signatures(command, "--state", state)
        assert (row["name"], row["email"], row["show_name"]) == ("", "", "false")


@pytest.mark.both_databases
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_lines_that_the_database_writes_are_those_that_are_put_together_here(
    supporter: Supporter, container: Container
) -> None:
    names = ('Nora "Q", Example', "+Plus; =Example", "Testa Example")
    for number, name in enumerate(names):
        email, town = f"a{number}@example.org", "Exampletown, North"
        supporter.sign(email=email, name=name, town=town, show_name="y", send_news="y" * number)
    supporter.sign(email="broken@example.org", show_name="y", government="FR")
    supporter.sign(email="nobody@example.org", government="GR")
    supporter.submit(email="pending@example.org", show_name="y", source="newsletter")
    supporter.sign(email="held@example.org", show_name="y", government="IT")
    private = supporter.sign(email="withdrawn@example.org", show_name="y", send_news="y")
    supporter.browser.post(f"{private}/withdraw")
    _change(container, "FR", sealed=b"?")
    _change(container, "GR", source="-odd")
    _change(container, "IT", held=True, held_for=HoldReason.ORGANISER)
    lines = {}
    every = [SignatureExportFilter(state=state) for state in SignatureState]
    for wanted in (*every, SignatureExportFilter(held=True), SignatureExportFilter("GR")):
        lines[wanted], problems = _as_csv(container, wanted, written_here=True)
        written, found = _as_csv(container, wanted, written_here=False)
        assert (written, found) == (lines[wanted], problems)
    assert sorted(len(one.splitlines()) - 1 for one in lines.values()) == [0, 0, 0, 1, 1, 1, 1, 5]
    assert problems == {}


@pytest.mark.both_databases
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_leaves_in_the_middle_leaves_a_connection_that_works(
    supporter: Supporter, container: Container
) -> None:
    for number in range(3):
        supporter.sign(email=f"a{number}@example.org")
    for _ in range(2):
        with container.database.reading() as session:
            loaded = container.campaign_cache.by_slug(session, SLUG)
            table = signature_table(session, container.keyring, loaded, SignatureExportFilter())
            assert next(table.rows_for("csv"))
            table.close()
    assert supporter.count() == 3


def _change(container: Container, government: str, **values: object) -> None:
    of = SignatureRow.government == government
    with container.database.writing() as session:
        session.execute(update(SignatureRow).where(of).values(**values))


def _as_csv(
    container: Container, wanted: SignatureExportFilter, *, written_here: bool
) -> tuple[bytes, Counter[str]]:
    with container.database.reading() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        table = signature_table(session, container.keyring, loaded, wanted)
        assert table.lines is not None
        rows = table.rows if written_here else table.rows_for("csv")
        return b"".join(csv_format.pieces(table.columns, rows)), table.problems


def test_signatures_are_narrowed_by_government_and_revision(
    command: Callable[..., Result], supporter: Supporter, container: Container
) -> None:
    supporter.sign(email="a@example.org", government="DE")
    supporter.sign(email="b@example.org", government="GR")
    with container.database.reading() as session:
        digest = session.scalars(select(RevisionRow.digest)).one()
    (row,) = signatures(command, "--government", "EL", "--revision", digest)
    assert (row["government"], row["revision"]) == ("GR", digest)
    wrong = command("export", "signatures", *REASON, "--revision", "0" * 64)
    assert "has no revision 0000" in wrong.output
    assert "XX is not a government" in command("export", "counts", "--government", "XX").output


def test_counts_are_narrowed_by_each_dimension(
    command: Callable[..., Result], supporter: Supporter, clock: Clock
) -> None:
    supporter.sign(email="a@example.org", government="DE", source="newsletter")
    clock.advance(days=1)
    supporter.lang = "el"
    supporter.sign(email="b@example.org", government="GR")

    def number(*arguments: str) -> int:
        lines = command("export", "counts", "--by", "", *arguments).stdout.splitlines()
        return sum(int(line) for line in lines[1:])

    assert number() == supporter.count() == 2
    assert number("--government", "DE") == number("--language", "el") == 1
    assert number("--source", "newsletter") == number("--source", "") == 1
    assert number("--last", "2026-11-02") == number("--first", "2026-11-03") == 1
    assert number("--origin", "paper") == number("--first", "2026-11-04") == 0


@pytest.mark.asvs("2.2.3")
def test_days_that_are_the_wrong_way_round_are_said(command: Callable[..., Result]) -> None:
    said = command("export", "counts", "--first", "2026-12-01", "--last", "2026-11-01")
    assert said.exit_code == 2
    assert "--last comes before --first" in said.output


def test_letters_are_listed_with_their_last_attempt_and_without_words(
    command: Callable[..., Result], supporter: Supporter
) -> None:
    supporter.sign(name="Testa Hidden", email="a@example.org")
    supporter.deliver()
    supporter.submit(email="b@example.org", government="GR")
    said = command("export", "letters", "--format", "jsonl").stdout
    (sent,) = map(json.loads, said.splitlines())
    assert (sent["state"], sent["last_outcome"]) == ("accepted", "accepted")
    # What was never confirmed is no letter yet; whoever asks for it gets it.
    drafts = command("export", "letters", "--state", "draft", "--format", "jsonl").stdout
    (draft,) = map(json.loads, drafts.splitlines())
    assert (draft["government"], draft["last_outcome"]) == ("GR", None)
    assert "Hidden" not in said
    assert "example.org" not in said
    assert command("export", "letters", "--state", "bounced").stdout.count("\n") == 1


def test_each_export_is_in_the_log_with_its_reason_and_number(
    command: Callable[..., Result], supporter: Supporter, container: Container
) -> None:
    supporter.sign(government="GR")
    signatures(command, "--government", "GR")
    command("export", "letters", "--format", "jsonl", "--by", "Ben Example")
    command("export", "counts", "--by", "day")
    counts, letters, named = logged(container)
    assert (named.who, named.reason, named.number) == ("Ada Example", "For a test", 1)
    assert named.action == "signatures exported"
    assert (named.about, named.detail) == ("campaign eu-china-dialogue", "csv, government GR")
    assert (letters.who, letters.detail, letters.number) == ("Ben Example", "jsonl", 1)
    assert counts.detail == "csv, by day"


@pytest.mark.parametrize("without", [("--by", "Ada"), ("--reason", " ", "--by", "Ada")])
def test_without_a_reason_no_signature_leaves(
    command: Callable[..., Result],
    supporter: Supporter,
    container: Container,
    without: tuple[str, ...],
) -> None:
    supporter.sign(show_name="y")
    said = command("export", "signatures", *without)
    assert said.exit_code == 2
    assert "--reason" in said.output
    assert "Testa" not in said.output
    assert logged(container) == []


def test_people_who_cannot_be_opened_are_marked_and_counted_at_the_end(
    command: Callable[..., Result],
    supporter: Supporter,
    container: Container,
    environ: dict[str, str],
) -> None:
    supporter.sign(email="a@example.org", show_name="y")
    supporter.sign(email="b@example.org", show_name="y")
    with container.database.writing() as session:
        rows = session.scalars(select(SignatureRow).order_by(SignatureRow.id)).all()
        rows[0].sealed, rows[1].sealed = rows[1].sealed, rows[0].sealed
    said = command("export", "signatures", *REASON)
    assert said.exit_code == 1
    assert "could not be opened (seal broken: 2)" in said.stderr
    environ["CAMPAIGN_SEALING_KEYS"] = base64.b64encode(bytes(range(32))).decode()
    said = command("export", "signatures", *REASON)
    problems = [row["problem"] for row in csv.DictReader(StringIO(said.stdout))]
    assert problems == ["key missing"] * 2


def test_a_workbook_goes_to_a_file_that_only_its_owner_reads(
    command: Callable[..., Result], supporter: Supporter, tmp_path: Path
) -> None:
    supporter.sign(show_name="y")
    target = tmp_path / "signatures.xlsx"
    said = command("export", "signatures", *REASON, "--format", "xlsx", "--output", str(target))
    assert (said.exit_code, said.output) == (0, "")
    assert target.stat().st_mode & 0o777 == 0o600
    header, row = first_sheet(target.read_bytes())
    assert row[header.index("name")] == "Testa Example"


def test_csv_can_have_the_mark_that_spreadsheets_want(
    command: Callable[..., Result], supporter: Supporter
) -> None:
    supporter.sign()
    assert command("export", "counts", "--bom").stdout_bytes.startswith(b"\xef\xbb\xbfgov")
    wrong = command("export", "counts", "--bom", "--format", "jsonl")
    assert "--bom is for CSV only" in wrong.output


def test_a_folder_that_is_not_there_is_one_sentence(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    target = tmp_path / "nowhere" / "counts.csv"
    said = command("export", "counts", "--output", str(target))
    assert said.exit_code == 1
    assert said.output == (
        f"Error: {target} cannot be written: No such file or directory. Nothing was left there.\n"
    )


def test_a_full_disk_leaves_what_was_there_and_no_half_file(tmp_path: Path) -> None:
    target = tmp_path / "counts.csv"
    target.write_text("as before")
    with (  # noqa: PT012 - what is tested is a block
        pytest.raises(click.ClickException, match="No space left on device"),
        atomic_file(target) as out,
    ):
        out.write(b"half")
        raise OSError(28, "No space left on device")
    assert [path.name for path in tmp_path.iterdir()] == ["counts.csv"]
    assert target.read_text() == "as before"


def test_a_reader_that_leaves_early_is_no_fault() -> None:
    code = (
        "from campaign.cli.output import write_chunks;"
        "write_chunks((bytes(65536) for _ in range(100)), None)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        writer.stdout.read(10)
        writer.stdout.close()
        assert writer.stderr.read() == b""


def test_a_workbook_is_not_written_to_a_screen(tmp_path: Path) -> None:
    controller, screen = pty.openpty()
    said = subprocess.run(
        [sys.executable, "-m", "campaign", "export", "letters", "--format", "xlsx"],
        cwd=BASE_DIR,
        env=os.environ | {"CAMPAIGN_INSTANCE": str(tmp_path)},
        stdout=screen,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(screen)
    os.close(controller)
    assert said.returncode == 2
    assert b"give --output" in said.stderr
