"""A directory comes in and goes out as a file: CSV, Popolo JSON, and Action Network's targets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from campaign.errors import ContentError
from campaign.operations.commands.prepare import load_data
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.recipients.directory_csv import read_directory_csv, write_directory_csv
from campaign.recipients.directory_diff import diff_directory, export_entries
from campaign.recipients.directory_entries import KnownRecipients
from campaign.recipients.directory_import import import_directory
from campaign.recipients.popolo import read_popolo, write_popolo
from campaign.recipients.queries import directory, recipients
from campaign.recipients.rules.addresses import AddressStatus, Channel
from campaign.recipients.rules.directory import DirectoryEntry, EntryKind
from campaign.recipients.verify import AddressCheck, mark_wrong
from tests.conftest import SLUG
from tests.helpers.settings import live_environ
from tests.helpers.verifying import verify
from tests.organiser import sign_in_organiser

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from flask import Flask

    from campaign.container import Container
    from campaign.recipients.rows import RecipientRow

    Import = Callable[..., Result]

HEAD = "recipient,channel,address,source,language,since\n"
FISHERIES = (
    "HU/fisheries,name,Halászati Minisztérium,https://ministry.example/hu,hu,\n"
    "HU/fisheries,name,Ministry of Fisheries,https://ministry.example/en,en,\n"
    "HU/fisheries,website,https://ministry.example,https://ministry.example,,\n"
    "HU/fisheries,email,desk@ministry.example,https://ministry.example/contact,,\n"
    'HU/fisheries,postal,"Example Street 1; 00000 Town",https://ministry.example/contact,,\n'
    "HU/fisheries,person,Testa Example,https://ministry.example/news,,2026-05-04\n"
)
CHECK = AddressCheck("Tester", "made up")


@pytest.fixture
def imported(command: Callable[..., Result], tmp_path: Path) -> Import:
    """Import a file with that content, by its ending."""

    def run(content: str, *options: str, name: str = "directory.csv", yes: bool = True) -> Result:
        file = tmp_path / name
        file.write_text(content)
        agreed = ("--yes",) if yes else ()
        return command("recipients", "import", str(file), *agreed, *options)

    return run


def known_to(container: Container) -> KnownRecipients:
    return KnownRecipients(container.reference.recipients, (*container.reference.governments, "EU"))


def entries_of(container: Container, key: str = "") -> list[DirectoryEntry]:
    with container.database.reading() as session:
        return [one for one in export_entries(session) if key in {"", one.recipient}]


def stored(container: Container, key: str) -> RecipientRow:
    with container.database.reading() as session:
        row = recipients.get(session, key)
        assert row.addresses is not None
        session.expunge_all()
    return row


def test_a_new_recipient_comes_with_its_names_and_works_like_the_others(
    imported: Import, container: Container, command: Callable[..., Result]
) -> None:
    done = imported(HEAD + FISHERIES)
    assert "6 added, 0 changed." in done.output, done.output
    row = stored(container, "HU/fisheries")
    assert row.name_in("en") == "Ministry of Fisheries"
    assert row.name == "Halászati Minisztérium"
    assert (row.letter_languages, row.zone) == (["hu"], "Europe/Budapest")
    assert [one.status for one in row.addresses] == [AddressStatus.KNOWN] * 2
    assert "desk@ministry.example" in command("recipients", "list", "--all").output
    with container.database.reading() as session:
        (holder,) = directory.holders_of(session, ["HU/fisheries"])
        assert (holder.name, str(holder.since)) == ("Testa Example", "2026-05-04")
        assert holder.entered_by


def test_names_that_somebody_imported_stay_when_the_reference_data_comes_again(
    imported: Import, container: Container
) -> None:
    line = "DE/justice,name,Example-Justizministerium,https://ministry.example,de,\n"
    assert "    value: " in imported(HEAD + line).output
    load_data(container)
    assert stored(container, "DE/justice").name_in("de") == "Example-Justizministerium"
    imported(HEAD + FISHERIES)
    load_data(container)
    assert stored(container, "HU/fisheries").website == "https://ministry.example"


@pytest.mark.parametrize("kind", ["csv", "popolo"])
def test_what_goes_out_comes_back_without_a_difference(
    imported: Import,
    container: Container,
    command: Callable[..., Result],
    tmp_path: Path,
    kind: str,
) -> None:
    imported(HEAD + FISHERIES)
    file = tmp_path / f"out.{kind}"
    options = ("--output", str(file), "--format", kind)
    exported = command("recipients", "export", *options)
    assert exported.exit_code == 0, exported.output
    again = command("recipients", "import", str(file), "--yes")
    assert "There is nothing to change." in again.output, again.output
    before = file.read_bytes()
    command("recipients", "export", *options)
    assert file.read_bytes() == before
    read = read_directory_csv if kind == "csv" else read_popolo
    known = KnownRecipients(
        {*container.reference.recipients, "HU/fisheries"}, container.reference.governments
    )
    entries = entries_of(container)
    assert sorted(read(file, known), key=repr) == sorted(entries, key=repr)
    assert len(entries) > 500


@pytest.mark.parametrize("write", [write_directory_csv, write_popolo])
def test_every_part_of_an_entry_survives_both_formats(
    container: Container, tmp_path: Path, write: Callable[[list[DirectoryEntry]], str]
) -> None:
    text = (
        "recipient,channel,address,source,language,per_hour,per_day,opens,closes,zone\n"
        "DE/justice,email,desk@ministry.example,its page,fr,3,20,08:30,15:00,Europe/Rome\n"
        "DE/justice,languages,de fr,its page,,,,,,\n"
        "DE/justice,zone,Europe/Berlin,its page,,,,,,\n"
    )
    file = tmp_path / "one.csv"
    file.write_text(text)
    entries = read_directory_csv(file, known_to(container))
    file.write_text(write(entries))
    read = read_directory_csv if write is write_directory_csv else read_popolo
    assert sorted(read(file, known_to(container)), key=repr) == sorted(entries, key=repr)


def test_an_address_that_is_wrong_does_not_go_out(container: Container) -> None:
    with container.database.writing() as session:
        verify(session, "DE/justice", "x@ministry.example", CHECK, live=True, now=container.clock())
        mark_wrong(session, "DE/justice", "x@ministry.example", CHECK, now=container.clock())
    assert "x@ministry.example" not in {one.value for one in entries_of(container)}


POPOLO = {
    "organizations": [
        {
            "id": "org-17",
            "name": "Example Ministry of Justice",
            "classification": "justice",
            "area_id": "ocd-division/country:de",
            "contact_details": [
                {"type": "email", "value": "desk@ministry.example", "label": "Desk"},
                {"type": "fax", "value": "+49 000"},
                {"type": "address", "value": "Example Street 1\n00000 Exampletown"},
            ],
            "sources": [{"url": "https://ministry.example/contact"}],
        }
    ],
    "posts": [{"id": "post-1", "organization_id": "org-17", "role": "minister"}],
    "persons": [
        {"id": "p1", "name": "Testa Example", "email": "private@example.org"},
        {"id": "p2", "name": "Gone Example"},
    ],
    "memberships": [
        {"person_id": "p1", "post_id": "post-1", "start_date": "2026-05"},
        {"person_id": "p2", "organization_id": "org-17", "end_date": "2026-05-01"},
    ],
}


def test_a_popolo_file_of_others_is_placed_by_area_and_classification(
    imported: Import, container: Container
) -> None:
    done = imported(json.dumps(POPOLO), name="parliament.json")
    assert "3 added, 0 changed." in done.output, done.output
    mine = [one for one in entries_of(container, "DE/justice") if one.source != "reference data"]
    told = {(one.kind, one.value, one.since, one.source) for one in mine}
    assert (EntryKind.PERSON, "Testa Example", None, "file parliament.json") in told
    where = "https://ministry.example/contact"
    assert (EntryKind.EMAIL, "desk@ministry.example", None, where) in told
    assert not any("private@" in value or "Gone" in value for _, value, _, _ in told)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "this is not valid JSON"),
        ("{}", "there are no organizations in this file"),
        ("[]", "there are no organizations in this file"),
        (
            json.dumps({"organizations": [{"id": "DE/lakes", "links": [{"url": "http://a.b"}]}]}),
            "DE/lakes is not in the directory; add what it is called, in a language",
        ),
        ("[" * 100_000, "this is not valid JSON"),
        (
            json.dumps({"organizations": [{"id": "x", "name": "Somebody"}]}),
            "organizations[0]: “Somebody” has neither an id such as DE/justice, nor area_id",
        ),
        (
            json.dumps({"organizations": [{"id": "XX/justice", "links": [{"url": "http://a.b"}]}]}),
            "organizations[0].links[0]: recipient is an office of a known government",
        ),
        (
            json.dumps(
                {
                    "organizations": [
                        {"id": "DE/justice", "contact_details": [{"type": "email", "value": "x"}]}
                    ]
                }
            ),
            "organizations[0].contact_details[0]: “x” is not an e-mail address",
        ),
    ],
)
def test_a_fault_in_a_popolo_file_is_named_with_its_place(
    imported: Import, content: str, said: str
) -> None:
    refused = imported(content, name="directory.json")
    assert isinstance(refused.exception, ContentError), refused.output
    assert said in str(refused.exception)


def test_names_in_popolo_that_do_not_say_their_language_are_in_the_one_that_is_given(
    imported: Import, container: Container
) -> None:
    lakes = {"id": "DE/lakes", "name": "Lakes Office", "links": [{"url": "https://lakes.example"}]}
    done = imported(json.dumps({"organizations": [lakes]}), "--language", "en", name="one.json")
    assert "2 added" in done.output, done.output
    assert stored(container, "DE/lakes").name_in("en") == "Lakes Office"


def test_who_came_before_is_not_in_office_any_more(
    command: Callable[..., Result], container: Container
) -> None:
    about = ("recipients", "new-in-office", "DE/justice", "--reason", "its page")
    command(*about, "--since", "2026-01-01", "--name", "Testa Before")
    command(*about, "--since", "2026-11-01", "--name", "Testa Example")
    people = [
        one.value for one in entries_of(container, "DE/justice") if one.kind is EntryKind.PERSON
    ]
    assert people == ["Testa Example"]


TARGETS = (
    "title,first_name,last_name,zip_code,country,gender,email,phone\n"
    "Minister,Testa,Example,00000,Germany,F,testa@ministry.example,+49 0\n"
    "Minister,Testo,Example,,EL,M,testo@ministry.example,\n"
    "Deputy,Tester,Example,,DE,,,\n"
)


def test_targets_of_action_network_become_persons_and_addresses_of_an_office(
    imported: Import, container: Container
) -> None:
    refused = imported(TARGETS, name="targets.csv")
    assert "say whose with --office" in refused.output
    done = imported(TARGETS, "--office", "justice", name="targets.csv")
    assert "5 added, 0 changed." in done.output, done.output
    told = {(one.kind, one.value) for one in entries_of(container, "DE/justice")}
    assert (EntryKind.PERSON, "Minister Testa Example") in told
    assert (EntryKind.PERSON, "Deputy Tester Example") in told
    assert (EntryKind.EMAIL, "testa@ministry.example") in told
    (address,) = (
        one for one in stored(container, "GR/justice").addresses if one.channel is Channel.EMAIL
    )
    assert address.status is AddressStatus.KNOWN
    assert address.source == "Action Network: targets.csv"
    faulty = imported(TARGETS.replace("Germany", "Atlantis"), "--office", "justice", name="t.csv")
    assert "line 2: country is a known one, such as GR or Greece, not “Atlantis”" in str(
        faulty.exception
    )


def test_what_is_gone_is_shown_and_removed_only_if_that_is_asked_for(
    imported: Import, container: Container
) -> None:
    imported(HEAD + FISHERIES)
    moved = FISHERIES.replace("desk@ministry.example", "new@ministry.example").replace(
        "Testa Example", "Testo Example"
    )
    shown = imported(HEAD + moved)
    assert "- HU/fisheries  email     desk@ministry.example" in shown.output
    assert "- HU/fisheries  person    Testa Example since 2026-05-04" in shown.output
    assert "2 are not in the file and stay (--remove-gone removes them)." in shown.output
    assert len(stored(container, "HU/fisheries").addresses) == 3
    with container.database.writing() as session:
        verify(
            *(session, "HU/fisheries", "desk@ministry.example", CHECK),
            live=True,
            now=container.clock(),
        )
    done = imported(HEAD + moved, "--remove-gone")
    assert "0 added, 0 changed, 1 removed." in done.output, done.output
    values = {one.value for one in entries_of(container, "HU/fisheries")}
    assert "desk@ministry.example" in values, "somebody has checked it"
    assert "Testa Example" not in values


def test_a_new_recipient_needs_a_name_and_a_known_government(imported: Import) -> None:
    nameless = FISHERIES.partition("HU/fisheries,website")[2]
    refused = imported(HEAD + "HU/fisheries,website" + nameless)
    assert "line 2: HU/fisheries is not in the directory; add what it is called" in str(
        refused.exception
    )
    refused = imported(HEAD + FISHERIES.replace("HU/", "XX/"))
    assert "line 2: recipient is an office of a known government" in str(refused.exception)
    refused = imported(HEAD + "DE/justice,name,Example,its page,,\n")
    assert "line 2: language is empty; type the code of the name’s" in str(refused.exception)


class TestWhereTwoPeopleHaveToCheck:
    """A live site with CAMPAIGN_VERIFIERS=2: one person proposes, another one applies."""

    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return live_environ(environ) | {"CAMPAIGN_VERIFIERS": "2"}

    def test_one_person_proposes_and_another_one_applies(
        self, imported: Import, container: Container, command: Callable[..., Result]
    ) -> None:
        proposed = imported(HEAD + FISHERIES, "--by", "Ada Example")
        assert "Somebody else applies it: campaign recipients apply 1" in proposed.output
        assert entries_of(container, "HU/fisheries") == []
        same = command("recipients", "apply", "1", "--yes", "--by", "ada  example")
        assert same.exit_code == 2
        assert "a second person has to apply it" in same.output
        done = command("recipients", "apply", "1", "--yes", "--by", "Grace Example")
        assert "Proposed by Ada Example" in done.output
        assert "+ HU/fisheries  email     desk@ministry.example" in done.output
        assert "6 added, 0 changed." in done.output
        assert len(entries_of(container, "HU/fisheries")) == 8
        assert command("recipients", "apply", "1", "--yes", "--by", "Grace").exit_code == 2
        with container.database.reading() as session:
            (entry,) = audit_log.search(session, AuditFilter(action="directory imported"), 10)
        assert entry.who == "Grace Example"

    def test_what_could_not_be_applied_is_not_proposed_and_a_proposal_can_be_dropped(
        self,
        imported: Import,
        container: Container,
        command: Callable[..., Result],
        app: Flask,
    ) -> None:
        head = "recipient,channel,address,source,opens,closes\n"
        night = "DE/justice,email,x@ministry.example,its page,18:00,08:00\n"
        refused = imported(head + night, "--by", "Ada Example")
        assert "line 2: the office would open at 18:00" in str(refused.exception)
        imported(HEAD + FISHERIES, "--by", "Ada Example")
        dashboard = sign_in_organiser(container, app).get(f"/console/c/{SLUG}/").text
        assert "Ada Example wants to import" in dashboard
        assert "campaign recipients apply 1" in dashboard
        assert "Import 1 is dropped." in command("recipients", "apply", "1", "--discard").output
        with container.database.reading() as session:
            assert directory.waiting_imports(session) == []

    def test_what_changed_meanwhile_is_shown_again(
        self, imported: Import, container: Container, command: Callable[..., Result]
    ) -> None:
        imported(HEAD + FISHERIES, "--by", "Ada Example")
        imported(HEAD + FISHERIES, "--by", "Ada Example")
        command("recipients", "apply", "1", "--yes", "--by", "Grace Example")
        again = command("recipients", "apply", "2", "--yes", "--by", "Grace Example")
        assert "6 are the same; 0 are not in the file." in again.output
        with container.database.reading() as session:
            assert directory.waiting_imports(session) == []


def test_a_large_directory_takes_few_queries(container: Container) -> None:
    """How long it takes stands in docs/measured.md; here only that it does not ask for each."""
    entries = [
        DirectoryEntry(f"DE/office-{number}", kind, value, "made up", language)
        for number in range(300)
        for kind, value, language in (
            (EntryKind.NAME, f"Example Office {number}", "de"),
            (EntryKind.EMAIL, f"desk-{number}@ministry.example", ""),
        )
    ]
    asked: list[str] = []
    event.listen(
        container.database.engine, "before_cursor_execute", lambda *said: asked.append(said[2])
    )
    with container.database.writing() as session:
        assert len(diff_directory(session, entries).new) == 600
        import_directory(session, entries, "Test", container.clock())
        assert diff_directory(session, entries).unchanged == 600
    assert sum(said.startswith("SELECT") for said in asked) < 20


def test_somebody_new_in_office_is_entered_by_command(
    container: Container, command: Callable[..., Result]
) -> None:
    with container.database.writing() as session:
        verify(session, "DE/justice", "x@ministry.example", CHECK, live=True, now=container.clock())
    about = ("recipients", "new-in-office", "DE/justice", "--reason", "its page")
    done = command(*about, "--since", "2026-11-01", "--letters-wait")
    assert "DE/justice: somebody new is in office since 2026-11-01." in done.output, done.output
    (address,) = (one for one in stored(container, "DE/justice").addresses if "x@" in one.value)
    assert address.status is AddressStatus.KNOWN
    assert command(*about, "--since", "2999-01-01").exit_code == 2


def test_what_somebody_checked_or_entered_by_hand_is_not_removed_by_a_file(
    imported: Import, container: Container, command: Callable[..., Result]
) -> None:
    with container.database.writing() as session:
        verify(session, "DE/justice", "x@ministry.example", CHECK, live=True, now=container.clock())
    about = ("recipients", "new-in-office", "DE/justice", "--reason", "its page")
    for _ in range(2):
        command(*about, "--since", "2026-11-01", "--name", "Testa Example", "--letters-wait")
    file = HEAD + "DE/justice,website,https://ministry.example,its page,,\n"
    assert "0 removed" in imported(file, "--remove-gone").output
    values = [one.value for one in entries_of(container, "DE/justice")]
    assert "x@ministry.example" in values
    assert values.count("Testa Example") == 1
    again = imported(TARGETS.replace("Minister,", ","), "--office", "justice", name="t.csv")
    assert "person" not in [line.split()[2] for line in again.output.splitlines() if "~" in line]
    assert [one.value for one in entries_of(container, "DE/justice")].count("Testa Example") == 1


def test_somebody_new_without_a_name_does_not_spoil_an_export(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    about = ("recipients", "new-in-office", "DE/justice", "--reason", "its page")
    assert command(*about, "--since", "2026-11-01").exit_code == 0
    assert command(*about, "--since", "2026-11-01", "--name", "=1+1").exit_code == 2
    for kind in ("csv", "popolo"):
        file = tmp_path / f"out.{kind}"
        command("recipients", "export", "--output", str(file), "--format", kind)
        again = command("recipients", "import", str(file), "--yes")
        assert "There is nothing to change." in again.output, again.output


def test_what_an_import_does_not_change_stays_reference_data(
    command: Callable[..., Result], container: Container, tmp_path: Path
) -> None:
    file = tmp_path / "out.csv"
    command("recipients", "export", "--output", str(file))
    text = file.read_text() + "DE/justice,email,new@ministry.example,its page,,,,,,,\n"
    file.write_text(text)
    assert "1 added, 0 changed." in command("recipients", "import", str(file), "--yes").output
    shipped = stored(container, "IE/foreign-affairs").addresses
    assert shipped
    assert all(one.from_reference for one in shipped)
