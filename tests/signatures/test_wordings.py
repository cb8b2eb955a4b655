"""When demands change, each signature, number and name stays with the wording that was signed."""

from __future__ import annotations

import csv
import re
import shutil
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from pypdf import PdfReader

from campaign.campaigns import publish
from campaign.campaigns.publish import PublishRequest
from campaign.campaigns.queries import campaigns as queries
from campaign.campaigns.rules.wording import WordingChange
from campaign.exports.handover import HandoverPack
from campaign.operations.commands.prepare import load_data
from campaign.services import create_handover_pack_writer
from tests.campaigns.bundle_editing import bundle_in
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker
    from tests.clock import Clock

HARBOUR = Path(__file__).parent.parent / "bundles" / "harbour"
SLUG = "harbour-quiet"
DEMANDS = ["quiet_nights", "slow_ships"]
OLD = "Let every example ship enter the harbour at walking pace."
NEW = "Let no example ship enter the harbour at all."
WHY = "The example ships were still too loud"
DEMANDS_CHANGE = ("--change", "demands", "--reason", WHY)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The bundle that the site starts with; tests edit it."""
    return shutil.copytree(HARBOUR, tmp_path / "campaigns" / "harbour")


@pytest.fixture
def environ(environ: dict[str, str], bundle: Path) -> dict[str, str]:
    return environ | {"CAMPAIGN_CAMPAIGNS": str(bundle.parent)}


@pytest.fixture
def supporter(app: Flask, worker: Worker, transport: MemoryTransport) -> Supporter:
    return Supporter(app.test_client(), worker, transport, SLUG)


@pytest.fixture
def changed(supporter: Supporter, bundle: Path, container: Container, clock: Clock) -> Supporter:
    """Two signed before the demands changed, one after."""
    for number in (1, 2):
        email = f"before{number}@example.org"
        sign(supporter, email, f"Testa Before{number}")
        clock.advance(seconds=1)
    clock.advance(days=1)
    edit(bundle, OLD, NEW)
    stated = PublishRequest("Test", WordingChange.DEMANDS, WHY)
    with container.database.writing() as session:
        publish.publish(session, bundle_in(bundle, container), stated, clock())
    sign(supporter, "after@example.org", "Testa After")
    return supporter


def sign(supporter: Supporter, email: str, name: str) -> None:
    supporter.sign(demands=DEMANDS, email=email, name=name, government="GB", show_name="y")


def edit(bundle: Path, old: str, new: str, file: str = "en.toml") -> None:
    text = (bundle / file).read_text()
    assert old in text
    (bundle / file).write_text(text.replace(old, new))


def digest(container: Container) -> str:
    with container.database.reading() as session:
        return queries.by_slug(session, SLUG).digest


def packed(container: Container) -> dict[str, bytes]:
    out = BytesIO()
    with container.database.reading() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        handed = HandoverPack(session, loaded, "GB", container.clock().date())
        list(create_handover_pack_writer(container).write(handed, out))
    with ZipFile(out) as file:
        return {name: file.read(name) for name in file.namelist()}


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline="")))


def test_the_page_says_how_many_signed_an_earlier_wording_and_leads_to_it(
    changed: Supporter,
) -> None:
    page = changed.browser.get(changed.path()).text
    assert "<strong>3</strong> people have signed and confirmed" in page
    assert "Of these, 2 signed an earlier wording of the demands." in page
    assert f'href="/en/{SLUG}/wordings"' in page
    assert changed.count() == 3


def test_a_page_lists_each_wording_with_its_day_its_number_and_its_text(
    changed: Supporter,
) -> None:
    page = changed.browser.get(changed.path("/wordings")).text
    newer, older = page.split("<section")[1:]
    for part, day, number, text, other in (
        (newer, "3 November 2026", "<strong>1</strong> person has", NEW, OLD),
        (older, "2 November 2026", "<strong>2</strong> people have", OLD, NEW),
    ):
        assert f"Wording of {day}" in part
        assert number in part
        assert text in part
        assert other not in part
    assert "(current)" in newer
    assert WHY in newer
    assert WHY not in older


def test_a_campaign_with_one_wording_speaks_of_no_other(supporter: Supporter) -> None:
    supporter.sign(demands=DEMANDS)
    assert "earlier wording" not in supporter.browser.get(supporter.path()).text
    page = supporter.browser.get(supporter.path("/wordings")).text
    assert page.count("<section") == 1


def test_names_of_an_earlier_wording_say_so(changed: Supporter) -> None:
    page = changed.browser.get(changed.path("/signatories")).text
    listed = re.findall(r"<li><bdi>(.*?)</bdi> <span[^>]*>(.*?)</span>", page)
    assert listed == [
        ("Testa After", "United Kingdom"),
        ("Testa Before2", "United Kingdom, signed an earlier wording"),
        ("Testa Before1", "United Kingdom, signed an earlier wording"),
    ]


def test_a_pack_has_a_part_for_each_wording_with_its_own_text_numbers_and_names(
    changed: Supporter, container: Container
) -> None:
    pack = packed(container)
    pages = pages_of(pack["letter.pdf"])
    parts = "\f".join(pages).split("An example harbour should sleep at night")[1:]
    newer, older = (" ".join(part.split()) for part in parts)
    assert NEW in newer
    assert OLD not in newer
    assert "Wording of 3 November 2026" in newer
    assert "Testa After" in newer
    assert "Testa Before" not in newer
    assert "confirmed by e-mail: 1" in newer
    assert OLD in older
    assert NEW not in older
    assert "Testa Before1" in older
    assert "Testa After" not in older
    assert "confirmed by e-mail: 2" in older
    named = rows(pack["names.csv"].decode())
    assert [(row["name"], row["wording"]) for row in named] == [
        ("Testa After", "2"),
        ("Testa Before1", "1"),
        ("Testa Before2", "1"),
    ]


def test_a_pack_of_one_wording_names_none(supporter: Supporter, container: Container) -> None:
    sign(supporter, "testa@example.org", "Testa Example")
    assert "Wording of" not in " ".join(pages_of(packed(container)["letter.pdf"]))


def test_exports_tell_the_wordings_apart(
    changed: Supporter, command: Callable[..., Result]
) -> None:
    counted = rows(command("export", "counts", "--by", "wording", "--format", "csv").stdout)
    assert counted == [
        {"wording": "1", "signatures": "2"},
        {"wording": "2", "signatures": "1"},
    ]
    why = ("--reason", "a look at the books")
    signed = rows(command("export", "signatures", "--format", "csv", *why).stdout)
    assert [row["wording"] for row in signed] == ["1", "1", "2"]
    letters = rows(command("export", "letters", "--format", "csv").stdout)
    assert [row["wording"] for row in letters] == ["1", "1", "2"]


def test_a_correction_begins_no_wording_and_is_listed_with_its_reason(
    supporter: Supporter, bundle: Path, command: Callable[..., Result], clock: Clock
) -> None:
    supporter.sign(demands=DEMANDS)
    clock.advance(days=1)
    edit(bundle, "at walking pace", "at a walking pace")
    stated = ("--change", "correction", "--reason", "An article was missing")
    assert command("content", "publish", str(bundle), *stated).exit_code == 0
    assert "earlier wording" not in supporter.browser.get(supporter.path()).text
    page = supporter.browser.get(supporter.path("/wordings")).text
    assert page.count("<section") == 1
    assert "An article was missing" in page
    assert "at a walking pace" in page


def test_publishing_asks_what_changes_and_why(
    container: Container, bundle: Path, command: Callable[..., Result]
) -> None:
    before = digest(container)
    edit(bundle, OLD, NEW)
    for stated, said in (
        ((), "say what changes: --change correction"),
        (("--change", "demands"), "Say why with --reason"),
        (("--change", "translation", "--reason", WHY), "that is --change correction, or demands"),
        (("--change", "demands", "--reason", "x" * 501), "longer than 500"),
    ):
        answer = command("content", "publish", str(bundle), *stated)
        assert answer.exit_code == 2
        assert said in " ".join(answer.output.split())
    assert digest(container) == before


def test_another_demand_is_no_correction(
    container: Container, bundle: Path, command: Callable[..., Result]
) -> None:
    drop_a_demand(bundle)
    stated = ("--change", "correction", "--reason", WHY, "--replace")
    answer = command("content", "publish", str(bundle), *stated)
    assert answer.exit_code == 2
    assert "that is --change demands" in " ".join(answer.output.split())


def drop_a_demand(bundle: Path) -> None:
    edit(bundle, '[[demands]]\nkey = "slow_ships"\nkind = "wish"\n', "", "campaign.toml")
    for path in (bundle / "en.toml", bundle / "fr.toml"):
        text = re.sub(
            r"\[(letter\.)?demands\.slow_ships\].*?(?=\n\[)", "", path.read_text(), flags=re.DOTALL
        )
        path.write_text(text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "Example Harbour Society",
            "Another Example Society",
            "the author was Example Harbour Society, and is Another Example Society",
        ),
        ("tranquilles", "silencieux", "the source was"),
        ("demand", "", "these demands are gone: “Slow ships” (slow_ships)"),
    ],
)
def test_a_forgotten_slug_overwrites_no_other_letter(
    container: Container,
    bundle: Path,
    command: Callable[..., Result],
    tmp_path: Path,
    old: str,
    new: str,
    said: str,
) -> None:
    before, other = digest(container), shutil.copytree(bundle, tmp_path / "other")
    if new:
        edit(other, old, new, "campaign.toml")
    else:
        drop_a_demand(other)
    answer = command("content", "publish", str(other), *DEMANDS_CHANGE)
    assert answer.exit_code == 2
    assert said in " ".join(answer.output.split())
    assert "add --replace. Otherwise give it a slug of its own" in " ".join(answer.output.split())
    assert digest(container) == before
    meant = command("content", "publish", str(other), *DEMANDS_CHANGE, "--replace")
    assert meant.exit_code == 0, meant.output
    assert digest(container) != before


def test_a_start_takes_demands_over_by_itself_only_before_anybody_has_signed(
    container: Container, bundle: Path, supporter: Supporter, command: Callable[..., Result]
) -> None:
    edit(bundle, OLD, NEW)
    assert load_data(container) == []
    assert NEW in supporter.browser.get(supporter.path()).text
    supporter.submit(demands=DEMANDS)
    edit(bundle, NEW, OLD + " Really.")
    said = command("prepare")
    assert said.exit_code == 0
    assert "--change correction|translation|demands --reason" in " ".join(said.stderr.split())
    assert NEW in supporter.browser.get(supporter.path()).text


@pytest.mark.parametrize(
    ("old", "new", "file"),
    [
        (OLD, NEW, "en.toml"),
        ("Slow ships", "Slower ships", "en.toml"),
        ("Please let ships come in slowly.", "Please let no ship come in.", "en.toml"),
        ("Example Harbour Society", "Another Example Society", "campaign.toml"),
    ],
)
def test_a_start_keeps_the_wording_that_people_signed(
    container: Container, bundle: Path, supporter: Supporter, old: str, new: str, file: str
) -> None:
    supporter.sign(demands=DEMANDS)
    before = digest(container)
    edit(bundle, old, new, file)
    assert load_data(container) == [SLUG]
    assert digest(container) == before


def test_a_start_takes_over_a_correction_that_touches_no_demand(
    container: Container, bundle: Path, supporter: Supporter
) -> None:
    supporter.sign(demands=DEMANDS)
    before = digest(container)
    edit(bundle, "It still goes to exactly those.", "It still goes exactly to those.")
    assert load_data(container) == []
    assert digest(container) != before
    assert supporter.browser.get(supporter.path("/wordings")).text.count("<section") == 1


def test_one_mail_a_day_names_each_demand_as_it_was_signed(
    container: Container,
    bundle: Path,
    supporter: Supporter,
    command: Callable[..., Result],
    clock: Clock,
) -> None:
    command("recipients", "digest", "DE/foreign-affairs")
    supporter.sign(demands=["slow_ships"])
    edit(bundle, "Slow ships", "No ships")
    edit(bundle, "Des navires lents", "Aucun navire", "fr.toml")
    assert command("content", "publish", str(bundle), *DEMANDS_CHANGE).exit_code == 0
    supporter.sign(demands=["slow_ships"], email="after@example.org")
    clock.advance(days=1)
    supporter.deliver()
    said = "".join(mail.text for mail in supporter.received("letters-"))
    assert "Des navires lents" in said
    assert "Aucun navire" in said


@pytest.mark.parametrize(
    ("change", "offered"), [(WordingChange.DEMANDS, False), (WordingChange.CORRECTION, True)]
)
def test_who_only_signed_writes_under_the_demands_that_she_signed_or_not_at_all(
    supporter: Supporter,
    bundle: Path,
    container: Container,
    clock: Clock,
    change: WordingChange,
    offered: bool,
) -> None:
    private = supporter.sign(demands=DEMANDS, choice="sign", government="DE")
    assert "Write the letter now" in supporter.browser.get(private).text
    edit(bundle, OLD, NEW)
    with container.database.writing() as session:
        stated = PublishRequest("Test", change, WHY)
        publish.publish(session, bundle_in(bundle, container), stated, clock())
    assert ("Write the letter now" in supporter.browser.get(private).text) is offered
    assert supporter.browser.post(f"{private}/write").status_code == (200 if offered else 303)
