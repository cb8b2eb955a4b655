"""A bundle that is published or started again: dates that moved, languages that it dropped."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaign.operations.commands.prepare import load_data
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction
from campaign.store import migrate
from tests.supporter import Supporter, area_value, field_value, hidden_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from flask import Flask
    from flask.testing import FlaskClient

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker

HARBOUR = Path(__file__).parent.parent / "bundles" / "harbour"
SLUG = "harbour-quiet"
DEMANDS = ["quiet_nights", "slow_ships"]
TRANSLATION = ("--change", "translation", "--reason", "An example")


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
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def edit(bundle: Path, pattern: str, new: str) -> None:
    path = bundle / "campaign.toml"
    text, times = re.subn(f"(?m){pattern}", new, path.read_text())
    assert times == 1
    path.write_text(text)


def drop_english(bundle: Path) -> None:
    (bundle / "en.toml").unlink()
    edit(bundle, "^en = .*", "")


def publish(command: Callable[..., Result], bundle: Path, *more: str) -> str:
    done = command("content", "publish", str(bundle), "--by", "Test", *more)
    assert done.exit_code == 0, done.output
    return done.output


def logged(container: Container) -> list[tuple[str, str]]:
    """Return who changed which dates."""
    with container.database.reading() as session:
        changed = AuditFilter(action=AuditAction.DATES_CHANGED)
        return [(row.who, row.detail) for row in audit_log.search(session, changed, limit=10)]


def test_a_date_that_a_publisher_moves_is_in_the_log_as_it_was_and_as_it_is(
    bundle: Path, container: Container, command: Callable[..., Result]
) -> None:
    edit(bundle, "^closes_on.*", "closes_on = 2031-05-31")
    edit(bundle, "^opens_on.*", "")
    publish(command, bundle)
    ((who, changed),) = logged(container)
    assert who == "Test"
    assert "opens_on: 2001-01-01 to none" in changed
    assert "closes_on: 2999-12-31 to 2031-05-31" in changed
    publish(command, bundle)
    assert logged(container) == [(who, changed)]


def test_a_date_that_a_start_takes_over_is_in_the_log(bundle: Path, container: Container) -> None:
    edit(bundle, "^closes_on.*", "closes_on = 2031-05-31")
    edit(bundle, "^retention_days.*", "retention_days = 90")
    for _ in range(2):
        load_data(container)
    ((_, changed),) = logged(container)
    assert "closes_on: 2999-12-31 to 2031-05-31" in changed
    assert "retention_days: 30 to 90" in changed


def test_a_first_publication_has_moved_nothing(container: Container) -> None:
    assert load_data(container) == []
    assert logged(container) == []


@pytest.mark.parametrize("act", ["check", "publish"])
def test_dropping_a_language_warns_and_says_where_its_pages_lead(
    bundle: Path, command: Callable[..., Result], act: str
) -> None:
    drop_english(bundle)
    if act == "publish":
        said = publish(command, bundle, *TRANSLATION)
    else:
        said = command("content", "check", str(bundle)).output
    assert (
        "warning: en is published and no longer here. Its pages will lead to those in fr." in said
    )


@pytest.mark.usefixtures("container")
def test_nothing_is_dropped_where_every_language_stays(
    bundle: Path, command: Callable[..., Result]
) -> None:
    assert "warning" not in command("content", "check", str(bundle)).output


def test_a_bundle_can_be_checked_before_there_is_a_database(
    bundle: Path, command: Callable[..., Result], container: Container
) -> None:
    migrate.downgrade(container.database, "base")
    assert "is in order" in command("content", "check", str(bundle)).output


@pytest.mark.parametrize("path", ["", "/signatories", "/wordings"])
def test_pages_of_a_dropped_language_lead_to_another(
    bundle: Path, command: Callable[..., Result], browser: FlaskClient, path: str
) -> None:
    drop_english(bundle)
    publish(command, bundle, *TRANSLATION)
    answer = browser.get(f"/en/{SLUG}{path}?source=pier-7")
    assert answer.status_code == 302
    assert answer.location == f"/fr/{SLUG}{path}?source=pier-7"
    assert browser.get(answer.location).status_code == 200


def test_what_a_link_says_leads_nowhere_else(
    bundle: Path, command: Callable[..., Result], browser: FlaskClient
) -> None:
    drop_english(bundle)
    publish(command, bundle, *TRANSLATION)
    query = "_scheme=javascript&_external=1&_anchor=x&lang=de&slug=//example.org"
    location = browser.get(f"/en/{SLUG}?{query}").location
    assert location.partition("?")[0] == f"/fr/{SLUG}"


def test_pictures_and_frames_of_a_dropped_language_lead_to_another_too(
    bundle: Path, command: Callable[..., Result], browser: FlaskClient
) -> None:
    drop_english(bundle)
    publish(command, bundle, *TRANSLATION)
    for path in (f"/{{}}/{SLUG}/card.png", f"/{{}}/{SLUG}/poster.pdf", f"/embed/{{}}/{SLUG}"):
        answer = browser.get(path.format("en"))
        assert answer.location == path.format("fr"), path


def test_a_form_that_was_open_when_its_language_was_dropped_loses_nothing(
    bundle: Path, command: Callable[..., Result], supporter: Supporter
) -> None:
    form = supporter.form(demands=DEMANDS, government="GB", step="preview")
    drop_english(bundle)
    publish(command, bundle, *TRANSLATION)
    answer = supporter.post(form)
    assert answer.status_code == 422
    assert "Everything you entered is still here" in answer.text
    assert field_value(answer, "name") == "Testa Example"
    preview = supporter.post(form | {"revision": hidden_value(answer, "revision")})
    assert preview.status_code == 200
    assert "Testa Example" in area_value(preview, "body")


def test_an_address_in_no_language_of_the_site_leads_nowhere(browser: FlaskClient) -> None:
    assert browser.get(f"/xx/{SLUG}").status_code == 404
    assert browser.get("/de/no-such-letter").status_code == 404
