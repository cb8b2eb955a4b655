"""The hand-over pack: whole, checkable, of one moment, and with nobody's name who did not agree."""

from __future__ import annotations

import csv
import hashlib
import subprocess
from dataclasses import replace
from io import BytesIO, StringIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

from pypdf import PdfReader
from sqlalchemy import select

from campaign.exports.handover import HandoverPack
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.recipients.rules.recipient import recipient_key
from campaign.services import create_handover_pack_writer
from campaign.signatures.public_counts import public_counts
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.counts import Dimension
from tests.conftest import SLUG

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


def packed(container: Container, government: str, **changes: int) -> dict[str, bytes]:
    with ZipFile(BytesIO(made(container, government, **changes))) as file:
        return {name: file.read(name) for name in file.namelist()}


def made(container: Container, government: str, **changes: int) -> bytes:
    out = BytesIO()
    packer = replace(create_handover_pack_writer(container), **changes)  # type: ignore[arg-type]
    with container.database.reading() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        pack = HandoverPack(session, loaded, government, container.clock().date())
        for _ in packer.write(pack, out):
            pass
    return out.getvalue()


def text_of(letter: bytes) -> str:
    # Columns and lines are broken where they end.
    pages = PdfReader(BytesIO(letter)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def rows_of(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(table.decode(), newline="")))


def sign_some(supporter: Supporter, clock: Clock) -> None:
    supporter.sign(name="Sina Shown", email="a@example.org", town="Exampletown", show_name="y")
    supporter.sign(name="Hilda Hidden", email="b@example.org", send_news="y")
    clock.advance(days=1)
    supporter.sign(name="Odd 漢字 Example", email="c@example.org", show_name="y")
    supporter.sign(name="Fern Elsewhere", email="d@example.org", government="FR", show_name="y")


def test_the_total_is_the_public_one_and_adds_up_in_the_table(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    sign_some(supporter, clock)
    pack = packed(container, "DE")
    with container.database.reading() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        public = public_counts(
            session, loaded, container.reference.governments.values(), clock().date()
        )
    assert public.by_government["DE"] == 3
    rows = rows_of(pack["counts.csv"])
    assert sum(int(row["signatures"]) for row in rows if row["origin"] == "online") == 3
    assert [*rows[0]] == [*Dimension, "signatures"]
    text = text_of(pack["letter.pdf"])
    assert "Per E-Mail bestätigte Unterschriften: 3" in text
    assert "2. November 2026 2" in text
    assert "3. November 2026 1" in text


def test_the_letter_is_in_the_ministrys_language_with_numbered_demands(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign(government="GR")
    text = text_of(packed(container, "GR")["letter.pdf"])
    words = house_words(container, "el")
    assert words["title"] in text
    for number, heading in enumerate(words["demands"].split("\n"), 1):
        assert f"{number}. {heading}" in text
    assert container.reference.recipients[recipient_key("GR")].names["el"] in text


def house_words(container: Container, language: str) -> dict[str, str]:
    with container.database.reading() as session:
        campaign = container.campaign_cache.by_slug(session, SLUG).campaign
    words = campaign.words_in(language)
    headings = [words.demands[demand.key].heading for demand in campaign.revision.demands]
    return {"title": words.title, "demands": "\n".join(headings)}


def test_only_those_who_agreed_are_named_and_what_cannot_be_printed_is_in_the_table(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    sign_some(supporter, clock)
    pack = packed(container, "DE")
    names = [row["name"] for row in rows_of(pack["names.csv"])]
    assert names == ["Sina Shown", "Odd 漢字 Example"]
    text = text_of(pack["letter.pdf"])
    assert "Sina Shown, Exampletown" in text
    assert "nicht darstellen kann: 1. Sie stehen in der Datei names.csv" in text
    everything = b"".join(pack.values()) + text.encode()
    for other in (b"Hilda", b"Fern", b"@example.org\r\n"):
        assert other not in everything


def test_what_was_typed_is_data(supporter: Supporter, container: Container) -> None:
    town = "#panic $x$ *b* ]"
    supporter.sign(name="Testa `raw` _it_ <label>", town=town, show_name="y")
    assert f"Testa `raw` _it_ <label>, {town}" in text_of(packed(container, "DE")["letter.pdf"])


def test_the_ministry_can_check_it_with_its_own_tools(
    supporter: Supporter, container: Container, clock: Clock, tmp_path: Path
) -> None:
    sign_some(supporter, clock)
    with ZipFile(BytesIO(made(container, "DE"))) as file:
        file.extractall(tmp_path)
        names = set(file.namelist()) - {"MANIFEST.txt"}
    said = subprocess.run(
        ["sha256sum", "--strict", "-c", "MANIFEST.txt"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.removesuffix(": OK") for line in said.stdout.splitlines()} == names
    (row, *_) = rows_of((tmp_path / "counts.csv").read_bytes())
    document = (tmp_path / "revisions" / f"{row['revision']}.json").read_bytes()
    assert hashlib.sha256(document).hexdigest() == row["revision"]
    assert len((tmp_path / "HOW-TO-CHECK.txt").read_text().splitlines()) == 5


def test_the_same_data_give_the_same_bytes(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    sign_some(supporter, clock)
    assert made(container, "DE") == made(container, "DE")


def test_many_names_go_on_over_numbered_pages(supporter: Supporter, container: Container) -> None:
    for number in range(5):
        supporter.sign(name=f"Testa {number}", email=f"n{number}@example.org", show_name="y")
    pages = PdfReader(BytesIO(packed(container, "DE", names_at_once=2)["letter.pdf"])).pages
    numbers = [page.extract_text().split()[-1] for page in pages]
    assert numbers == ["1", "2", "3", "4", "5"]  # the letter has two, and the names three
    text = " ".join(page.extract_text() for page in pages)
    assert all(f"Testa {number}" in text for number in range(5))


def test_without_a_signature_the_pack_is_still_whole(container: Container) -> None:
    pack = packed(container, "MT")
    assert "Signatures confirmed by e-mail: 0" in text_of(pack["letter.pdf"])
    assert rows_of(pack["names.csv"]) == []


def test_the_command_logs_who_got_it_and_how_many_names(
    command: Callable[..., Result], supporter: Supporter, container: Container, tmp_path: Path
) -> None:
    supporter.sign(show_name="y", government="GR")
    target = tmp_path / "pack.zip"
    options = ("--government", "EL", "--output", str(target), "--by", "Ada Example")
    said = command("export", "pack", *options, "--reason", "Meeting at the ministry")
    assert said.output == f"1 names are in {target}.\n"
    assert target.stat().st_mode & 0o777 == 0o600
    with container.database.reading() as session:
        (entry,) = audit_log.search(session, AuditFilter(), limit=10)
    assert (entry.action, entry.number) == ("hand-over pack made", 1)
    assert (entry.detail, entry.reason) == ("government GR", "Meeting at the ministry")
    assert command("export", "pack", *options, "--reason", " ").exit_code == 2
    unknown = command("export", "pack", "--government", "XX", *options[2:], "--reason", "x")
    assert "XX is not a government" in unknown.output


def test_people_who_cannot_be_opened_are_left_out_and_said(
    command: Callable[..., Result], supporter: Supporter, container: Container, tmp_path: Path
) -> None:
    supporter.sign(show_name="y")
    with container.database.writing() as session:
        row = session.scalars(select(SignatureRow)).one()
        row.sealed = (row.sealed or b"") + b"x"
    target = str(tmp_path / "pack.zip")
    said = command("export", "pack", "--government", "DE", "--output", target, "--reason", "x")
    assert said.exit_code == 1
    assert "1 people who agreed to be named could not be opened" in said.stderr
