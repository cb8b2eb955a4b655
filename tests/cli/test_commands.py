"""The `campaign` command: what organisers type, and what they are told."""

from __future__ import annotations

import csv
import gc
import json
import shutil
from io import StringIO
from typing import TYPE_CHECKING

import click
import pytest
from sqlalchemy import update

from campaign.cli import commands, main
from campaign.settings.settings import BASE_DIR, SHIPPED_CAMPAIGNS
from campaign.signatures.rows import CountRow
from tests.conftest import SLUG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container
    from tests.supporter import Supporter

HARBOUR = BASE_DIR / "tests" / "bundles" / "harbour"


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Give the tests their garbage collector back: `main` sets it for a process of its own."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_every_command_is_found_under_the_name_that_it_has() -> None:
    context = click.Context(commands)
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        assert command is not None
        assert command.name == name


def test_counts_are_exported_as_csv_and_json_lines_with_the_public_numbers(
    command: Callable[..., Result], supporter: Supporter
) -> None:
    for number, government in enumerate(("DE", "DE", "MT")):
        supporter.sign(email=f"n{number}@example.org", government=government)
    table = command("export", "counts", "--by", "government,day").output
    rows = list(csv.DictReader(StringIO(table)))
    assert rows == [
        {"government": "DE", "day": "2026-11-02", "signatures": "2"},
        {"government": "MT", "day": "2026-11-02", "signatures": "1"},
    ]
    lines = command("export", "counts", "--format", "jsonl").output.splitlines()
    document = [json.loads(line) for line in lines]
    assert document == [
        {"government": "DE", "signatures": 2},
        {"government": "MT", "signatures": 1},
    ]
    assert sum(row["signatures"] for row in document) == supporter.count()


def test_counts_are_exported_to_a_file_with_rfc_4180_line_ends(
    command: Callable[..., Result], supporter: Supporter, tmp_path: Path
) -> None:
    supporter.sign()
    target = tmp_path / "counts.csv"
    assert command("export", "counts", "--output", str(target)).exit_code == 0
    assert target.read_bytes() == b"government,signatures\r\nDE,1\r\n"


def test_an_unknown_dimension_or_campaign_is_said(command: Callable[..., Result]) -> None:
    wrong = command("export", "counts", "--by", "government,shoe-size")
    assert wrong.exit_code == 2
    assert "'shoe-size' is not one of government, day, language" in wrong.output
    missing = command("export", "counts", "--campaign", "nothing")
    assert missing.exit_code == 2
    assert "there is no campaign nothing" in missing.output


def test_the_check_of_the_counters_fails_when_one_is_wrong(
    command: Callable[..., Result], supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    assert command("counts", "check").exit_code == 0
    with container.database.writing() as session:
        session.execute(update(CountRow).values(signatures=3))
    answer = command("counts", "check")
    assert answer.exit_code == 1
    assert "counter 3, events 1" in answer.output


def test_ministries_are_listed_and_verified(command: Callable[..., Result]) -> None:
    listed = command("recipients", "list").output.splitlines()
    assert sum(line[:2].isalpha() for line in listed) == 27
    assert sum("no address is known" in line for line in listed) == 20
    addresses = [line for line in listed if line[:4] == "    " and "no address" not in line]
    assert len(addresses) == 38
    assert all("(not verified; " in line for line in addresses)
    verified = command(
        *("recipients", "verify", "el/foreign-affairs", "--email", "made-up@ministry.example"),
        *("--reason", "made up for a test", "--by", "Tester"),
    )
    assert (
        verified.output
        == "GR/foreign-affairs: made-up@ministry.example is verified by Tester, one person.\n"
    )
    (greece,) = [
        line for line in command("recipients", "list").output.splitlines() if "made-up@" in line
    ]
    assert " by Tester, one person; Tester: made up for a test)" in greece
    wrong = command(
        *("recipients", "wrong", "GR/foreign-affairs", "--address", "made-up@ministry.example"),
        *("--reason", "it came back", "--by", "Tester"),
    )
    assert wrong.output == "GR/foreign-affairs: made-up@ministry.example is not used any more.\n"
    assert "email   made-up@ministry.example  (wrong: " in command("recipients", "list").output
    unknown = command(
        "recipients", "wrong", "GR/foreign-affairs", "--address", "x@y.example", "--reason", "x"
    )
    assert "not in the list" in unknown.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("DE/foreign-affairs", "--reason", "x"), "no address is known"),
        (
            ("DE/foreign-affairs", "--reason", "x", "--email", "nonsense"),
            "not a usable e-mail address",
        ),
        (("XX", "--reason", "x", "--email", "a@ministry.example"), "no recipient known here"),
        (
            ("DE/foreign-affairs", "--reason", " ", "--email", "a@ministry.example"),
            "say in --reason",
        ),
        (("DE/foreign-affairs", "--email", "a@ministry.example"), "--reason"),
    ],
)
def test_a_verification_without_evidence_is_refused(
    command: Callable[..., Result], arguments: tuple[str, ...], said: str
) -> None:
    answer = command("recipients", "verify", *arguments)
    assert answer.exit_code == 2
    assert said in answer.output


def test_a_bundle_is_checked_and_nothing_is_loaded(command: Callable[..., Result]) -> None:
    answer = command("content", "check", str(HARBOUR))
    assert answer.exit_code == 0
    assert "is in order: 2 demands in en, fr." in answer.output
    assert "advice: letter.closings: 3 texts make letters differ, and it has 1" in answer.output
    assert "harbour" not in command("export", "counts", "--campaign", SLUG).output


def test_a_faulty_bundle_names_each_fault(command: Callable[..., Result], tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(SHIPPED_CAMPAIGNS / SLUG, broken)
    text = (broken / "fr.toml").read_text()
    (broken / "fr.toml").write_text(
        text.replace("$government_of", "$gouvernement").replace("summary =", "sumary =")
    )
    answer = command("content", "publish", str(broken))
    faults = str(answer.exception).splitlines()
    assert "fr.toml: summary: is missing" in faults
    assert "fr.toml: sumary: is not a known key" in faults
    assert any("unknown placeholder $gouvernement" in fault for fault in faults)


def test_a_revision_is_published_and_prepare_does_not_go_behind_it(
    command: Callable[..., Result], tmp_path: Path, supporter: Supporter
) -> None:
    other = tmp_path / "other"
    shutil.copytree(SHIPPED_CAMPAIGNS / SLUG, other)
    text = (other / "en.toml").read_text()
    (other / "en.toml").write_text(text.replace("Open the doors", "Open every door"))
    why = ("--change", "correction", "--reason", "a slip of the pen")
    assert "is at revision" in command("content", "publish", str(other), *why).output
    said = command("prepare")
    assert said.stdout == "Ready to start.\n"
    assert "nothing of the folder was taken over" in said.stderr
    assert "Open every door" in supporter.browser.get(supporter.path()).text


def test_the_tables_go_down_and_up_on_command(command: Callable[..., Result]) -> None:
    assert command("database", "downgrade", "base").exit_code == 0
    assert command("database", "upgrade").output == "The database is up to date.\n"
    assert command("prepare").exit_code == 0
    assert command("counts", "check").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "counts", "--format", "parchment"], "parchment"),
        (["nonsense"], "No such command"),
        (["content", "check", "/nowhere"], "does not exist"),
    ],
)
def test_wrong_words_end_with_a_sentence_and_no_trace(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.setattr("sys.argv", ["campaign", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_faulty_settings_are_named_one_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CAMPAIGN_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CAMPAIGN_TRANSPORT", "pigeon")
    monkeypatch.setenv("CAMPAIGN_PROXY_HOPS", "many")
    monkeypatch.setattr("sys.argv", ["campaign", "counts", "check"])
    with pytest.raises(SystemExit) as ended:
        main()
    lines = str(ended.value.code).splitlines()
    assert len(lines) == 2
    assert all(line.startswith("campaign: CAMPAIGN_") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "database", "said"),
    [
        (["counts", "check"], "sqlite:////nonexistent/x.sqlite3", "database cannot be used"),
        (["recipients", "list"], "sqlite:///{folder}/empty.sqlite3", "database cannot be used"),
        (["prepare"], "postgresql://127.0.0.1:1/letters", "database cannot be used"),
        (["database", "downgrade", "nope"], "sqlite:///{folder}/empty.sqlite3", "nope"),
    ],
)
def test_a_database_that_is_not_as_it_should_be_is_said_without_a_trace(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    database: str,
    said: str,
) -> None:
    monkeypatch.setenv("CAMPAIGN_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CAMPAIGN_DATABASE_URL", database.format(folder=tmp_path))
    monkeypatch.setattr("sys.argv", ["campaign", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert said in str(ended.value.code)
    assert all(line.startswith("campaign: ") for line in str(ended.value.code).splitlines())


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--by", "x" * 121, "has room for 120"),
        ("--reason", "  ", "how the address was checked"),
    ],
)
def test_a_check_that_cannot_be_kept_is_refused_with_a_sentence(
    command: Callable[..., Result], option: str, value: str, said: str
) -> None:
    words = {"--by": "Example Checker", "--reason": "read on its page", "--email": "a@example.org"}
    options = [part for pair in (words | {option: value}).items() for part in pair]
    answer = command("recipients", "verify", "DE/foreign-affairs", *options)
    assert answer.exit_code == 2
    assert said in answer.output


def test_what_a_ministry_bears_is_set_and_listed(
    command: Callable[..., Result], supporter: Supporter
) -> None:
    said = command(
        "recipients", "pace", "EL/foreign-affairs", "--per-hour", "6", "--closes", "14:30"
    )
    assert said.output == (
        "GR/foreign-affairs: 6 letters an hour, 200 a day, 09:00 to 14:30 in Europe/Athens, "
        "Monday to Friday.\n"
    )
    assert command("recipients", "pace", "GR/foreign-affairs", "--opens", "15:00").exit_code == 2
    assert (
        "such as Europe/Athens"
        in command("recipients", "pace", "GR/foreign-affairs", "--zone", "x").output
    )
    supporter.sign(government="GR")
    assert "; 1 letters queued" in command("recipients", "list").output
    paused = command("recipients", "pause", "GR/foreign-affairs", "--reason", "they move house")
    resume = "campaign recipients resume GR/foreign-affairs"
    assert paused.output == f"GR/foreign-affairs is paused. To write again: {resume}\n"
    assert "paused since 2" in command("recipients", "list").output
    assert (
        command("recipients", "resume", "GR/foreign-affairs").output
        == "GR/foreign-affairs is written to again.\n"
    )
    assert "; 1 letters queued" in command("recipients", "list").output
