"""An address is verified by one person, or by two where the site asks for two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from campaign.cli import commands
from campaign.operations.commands.prepare import load_data
from tests.helpers.settings import live_environ

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.container import Container
    from tests.supporter import Supporter

    Command = Callable[..., Result]

RECIPIENT = "DE/foreign-affairs"
DESK = "desk@ministry.example"


@pytest.fixture
def run(environ: dict[str, str], container: Container) -> Command:
    """Run a command on the container's database, on a site that asks for so many people."""

    def command(*arguments: str, people: int = 2, **changes: str) -> Result:
        env = environ | changes | {"CAMPAIGN_VERIFIERS": str(people)}
        return CliRunner().invoke(commands, ["recipients", *arguments], env=env)

    return command


def checked(run: Command, by: str, people: int = 2, reason: str = "phone call") -> Result:
    options = ("--email", DESK, "--by", by, "--reason", reason)
    return run("verify", RECIPIENT, *options, people=people)


def listed(run: Command) -> str:
    (line,) = (one for one in run("list").output.splitlines() if DESK in one)
    return line


def test_two_people_verify_an_address_and_one_of_them_alone_does_not(run: Command) -> None:
    first = checked(run, "A. Example")
    assert first.output == (
        f"{RECIPIENT}: {DESK} is checked by A. Example; a second person has not checked it yet.\n"
    )
    assert "(checked 20" in listed(run)
    assert "by A. Example; a second person has not checked it yet; " in listed(run)
    second = checked(run, "B. Example")
    assert second.output == f"{RECIPIENT}: {DESK} is verified by A. Example and B. Example.\n"
    assert " by A. Example and B. Example; " in listed(run)


@pytest.mark.parametrize("same", ["A. Example", " a.  EXAMPLE ", "\uff21. Example"])
def test_the_same_person_is_not_a_second_one_however_she_writes_her_name(
    run: Command, same: str
) -> None:
    checked(run, "A. Example")
    again = checked(run, same)
    assert again.exit_code == 2
    assert "whoever --by names has checked this address already" in again.output
    assert "a second person has not checked it yet" in listed(run)
    assert checked(run, "B. Example").exit_code == 0


def test_an_address_marked_as_wrong_needs_both_checks_again(run: Command) -> None:
    checked(run, "A. Example")
    checked(run, "B. Example")
    run("wrong", RECIPIENT, "--address", DESK, "--by", "C. Example", "--reason", "it came back")
    assert "(wrong: 20" in listed(run)
    assert " by C. Example; " in listed(run)
    assert "is checked by A. Example; a second" in checked(run, "A. Example").output
    assert "is verified by A. Example and C. Example." in checked(run, "C. Example").output


def test_a_postal_address_needs_two_people_as_well(run: Command) -> None:
    options = ("--postal", "Made-up Street 1; 00000 Town", "--reason", "its letterhead", "--by")
    assert "is checked by A. Example" in run("verify", RECIPIENT, *options, "A. Example").output
    assert (
        "by A. Example and B. Example." in run("verify", RECIPIENT, *options, "B. Example").output
    )


def test_an_address_verified_by_one_person_stays_verified_when_two_are_asked_for(
    run: Command,
) -> None:
    assert "is verified by A. Example, one person." in checked(run, "A. Example", people=1).output
    assert "(verified 20" in listed(run)
    assert " by A. Example, one person; " in listed(run)
    assert "is verified by A. Example, one person." in checked(run, "A. Example").output
    assert "is verified by A. Example and B. Example." in checked(run, "B. Example").output


def test_of_more_than_two_people_the_last_two_are_named(run: Command) -> None:
    for by in ("A. Example", "B. Example", "C. Example"):
        checked(run, by)
    assert " by B. Example and C. Example; " in listed(run)
    checked(run, "B. Example")
    assert " by C. Example and B. Example; " in listed(run)


def test_a_check_by_one_person_verifies_again_when_one_is_enough(run: Command) -> None:
    checked(run, "A. Example")
    assert "is verified by A. Example, one person." in checked(run, "A. Example", people=1).output


def test_neither_an_import_nor_a_start_changes_what_one_person_has_checked(
    run: Command, container: Container, tmp_path: Path
) -> None:
    checked(run, "A. Example", reason="read on its page")
    file = tmp_path / "directory.csv"
    file.write_text(
        f"recipient,channel,address,source,language\nDE/foreign-affairs,email,{DESK},elsewhere,fr\n"
    )
    assert "There is nothing to change." in run("import", str(file), "--yes").output
    load_data(container)
    assert listed(run).endswith("not checked it yet; A. Example: read on its page)")


def test_what_supporters_report_stays_for_the_second_person(
    run: Command, supporter: Supporter
) -> None:
    page = supporter.sign()
    supporter.browser.post(f"{page}/report", data={"report": "It moved."})
    checked(run, "A. Example")
    assert "It moved." in run("reports", RECIPIENT).output
    checked(run, "B. Example")
    assert run("reports", RECIPIENT).output == ""


def doctor(environ: dict[str, str], **changes: str) -> str:
    env = environ | changes
    return CliRunner().invoke(commands, ["doctor"], env=env, obj=lambda *_: []).output


def test_doctor_counts_what_one_person_verified_where_a_live_site_asks_for_two(
    run: Command, environ: dict[str, str]
) -> None:
    checked(run, "A. Example", people=1)
    said = "note  recipients: 1 address was verified by one person only"
    site = live_environ(environ)
    assert said in doctor(site, CAMPAIGN_VERIFIERS="2")
    assert said not in doctor(site)
    assert said not in doctor(environ, CAMPAIGN_VERIFIERS="2")
    checked(run, "B. Example")
    assert "by one person only" not in doctor(site, CAMPAIGN_VERIFIERS="2")
