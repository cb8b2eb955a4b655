"""A new way to send is one file: everything else asks it what it is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from campaign.cli import commands
from campaign.delivery import transports
from campaign.delivery.rows import AttemptRow
from campaign.delivery.transports.memory import MemoryTransport
from campaign.errors import SettingsError
from campaign.letters.rows import LetterRow
from campaign.recipients.verify import AddressCheck
from campaign.services import create_health_alert, create_worker
from campaign.settings.load import load_settings
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.helpers.settings import live_environ
from tests.helpers.verifying import verify
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from campaign.container import Container

PIGEON = """
from contextlib import contextmanager

loft = []


class Pigeon:
    name = "pigeon"
    live = {live}
    reaches_recipient = {live}
    selectable = True
    required_settings = {needs}
    summary = "PIGEONS: letters fly"
    banner = "Letters fly away from here."

    @classmethod
    def from_options(cls, options):
        return cls()

    @contextmanager
    def connect(self):
        yield self

    def send(self, envelope):
        loft.append(envelope)
        return "flown"


TRANSPORT = Pigeon
"""


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Drop a file into the transports' folder: into a second part of it, only for this test."""
    folder = tmp_path / "transports"
    folder.mkdir()
    transports.__path__.append(str(folder))

    def write(source: str) -> None:
        (folder / "pigeon.py").write_text(source)

    yield write
    transports.__path__.remove(str(folder))
    sys.modules.pop("campaign.delivery.transports.pigeon", None)


@pytest.fixture
def chosen(drop: Callable[[str], None], environ: dict[str, str]) -> dict[str, str]:
    """The environment of a site that sends by pigeon, live; no mail server is named."""
    drop(PIGEON.format(live=True, needs=()))
    without_server = {"CAMPAIGN_SMTP_HOST": "", "CAMPAIGN_SMTP_TLS": ""}
    return live_environ(environ) | {"CAMPAIGN_TRANSPORT": "pigeon"} | without_server


def loft() -> MemoryTransport:
    """Return what has flown, as the tests' own transport keeps it."""
    flown = MemoryTransport()
    flown.sent = sys.modules["campaign.delivery.transports.pigeon"].loft
    return flown


def test_it_may_be_chosen_and_is_as_live_as_it_says(chosen: dict[str, str]) -> None:
    settings = load_settings(chosen)
    assert settings.live
    assert settings.strict
    with pytest.raises(SettingsError, match="OPERATOR_NAME is still the made-up operator's"):
        load_settings(chosen | {"CAMPAIGN_OPERATOR_NAME": ""})


def test_what_it_needs_is_asked_for(drop: Callable[[str], None], environ: dict[str, str]) -> None:
    drop(PIGEON.format(live=False, needs=("smtp_user",)))
    with pytest.raises(SettingsError) as caught:
        load_settings(environ | {"CAMPAIGN_TRANSPORT": "pigeon"})
    (fault,) = caught.value.faults
    assert fault == "CAMPAIGN_SMTP_USER is needed by the transport pigeon"


def test_what_it_does_not_say_of_itself_is_named(
    drop: Callable[[str], None], environ: dict[str, str]
) -> None:
    drop("class Pigeon:\n    name = 'pigeon'\n    live = True\n\n\nTRANSPORT = Pigeon\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(environ | {"CAMPAIGN_TRANSPORT": "pigeon"})
    (fault,) = caught.value.faults
    assert fault.startswith("the transport pigeon does not say its reaches_recipient, selectable")


def test_the_commands_know_it(chosen: dict[str, str], container: Container) -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(commands, arguments, env=dict(chosen), obj=lambda *_: [])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.output

    looked = run("doctor", "--mail-to", "myself@example.org")
    assert "settings: development; PIGEONS: letters fly" in looked
    assert "test mail: handed over to pigeon: flown" in looked
    assert "FAULT SPF" in looked, "mail that really leaves needs the domain's records"
    assert "mail server" not in looked
    assert "Ready to start." in run("prepare")


def test_it_sends_as_a_live_transport_does(
    chosen: dict[str, str], make_container: Callable[[dict[str, str]], Container]
) -> None:
    container = make_container(chosen)
    create_health_alert(container)
    browser = create_app(container).test_client()
    supporter = Supporter(browser, create_worker(container), loft(), SLUG)
    page = browser.get(f"/en/{SLUG}").text
    assert '<p class="banner live" role="note">Letters fly away from here.</p>' in page
    private = supporter.sign()
    supporter.deliver()
    assert supporter.letters() == []
    assert "somebody has checked this office" in browser.get(private).text
    with container.database.writing() as session:
        check = AddressCheck("Tester", "made up")
        verify(
            session,
            "DE/foreign-affairs",
            "made-up@ministry.example",
            check,
            live=True,
            now=container.clock(),
        )
    supporter.deliver()
    assert [letter.to for letter in supporter.letters()] == ["made-up@ministry.example"]
    assert "accepted by the office" in browser.get(private).text
    with container.database.reading() as session:
        (letter,) = session.scalars(select(LetterRow.id))
        tries = session.scalars(select(AttemptRow).where(AttemptRow.letter_id == letter)).all()
        assert [(one.transport, one.live, one.reaches_recipient) for one in tries] == [
            ("pigeon", True, True)
        ] * 2
    browser.post(f"{private}/delete")
    supporter.deliver()
    assert supporter.mails("made-up@ministry.example"), "it is asked to delete what it has"


def test_one_that_is_not_live_is_a_trial(
    drop: Callable[[str], None],
    environ: dict[str, str],
    make_container: Callable[[dict[str, str]], Container],
) -> None:
    drop(PIGEON.format(live=False, needs=()))
    container = make_container(environ | {"CAMPAIGN_TRANSPORT": "pigeon"})
    browser = create_app(container).test_client()
    supporter = Supporter(browser, create_worker(container), loft(), SLUG)
    page = browser.get(f"/en/{SLUG}").text
    assert '<p class="banner" role="note">Letters fly away from here.</p>' in page
    private = supporter.sign()
    supporter.deliver()
    assert [letter.to for letter in supporter.letters()] == ["de@ministry.example"]
    assert "delivered in rehearsal" in browser.get(private).text
