"""A streaming replica serves what may be some seconds old, and nothing else.

Each test has a real one, of a real server.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import event, select

from campaign.cli import commands
from campaign.container import build_container
from campaign.delivery.transports.memory import MemoryTransport
from campaign.errors import SettingsError
from campaign.operations.metrics import replica_gauges
from campaign.services import create_worker
from campaign.settings.load import load_settings
from campaign.store.database import Database
from campaign.store.replica import MAX_USERS
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.helpers.campaign_facts import set_fact
from tests.helpers.databases import Standby, create_template, server_in
from tests.organiser import CONSOLE_PATH, sign_in_organiser
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from campaign.container import Container

PATIENCE = 20.0
_UNTIL_CHECKED = 1.2
"""Seconds after which a usable replica has been checked again."""


@dataclass
class Replicated:
    """A site with a replica, and what was asked of it."""

    standby: Standby
    container: Container
    app: Flask
    supporter: Supporter
    environ: dict[str, str]

    @contextmanager
    def asked(self) -> Iterator[list[str]]:
        """Give the statements that the replica is asked from now on; its lag is not one."""
        engine, said = self.container.database.replica_engine, list[str]()
        assert engine is not None

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if "pg_last_xact_replay_timestamp" not in statement:
                said.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield said
        finally:
            event.remove(engine, "before_cursor_execute", note)

    def caught_up(self) -> None:
        """Wait until the replica has everything, and the site has noticed."""
        self._wait_until(usable=True)

    def fell_behind(self) -> None:
        """Wait until the site has noticed that the replica is of no use."""
        self._wait_until(usable=False)

    def _wait_until(self, *, usable: bool) -> None:
        database, deadline = self.container.database, time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with database.reading_replica() as session:
                used = session.get_bind().url == database.replica_engine.url  # type: ignore[union-attr]
            health = database.replica_health()
            assert health is not None
            if used is usable and (not usable or not health.lag):
                return
            time.sleep(0.1)
        raise TimeoutError


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], Standby]]:
    """The settings of a site with a replica, and the replica."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="campaign-primary-")))
        server = server_in(folder)
        stack.callback(server.cleanup)
        instance = tmp_path_factory.mktemp("instance")
        create_template(server.get_uri(), instance)
        other = Path(stack.enter_context(TemporaryDirectory(prefix="campaign-replica-")))
        standby = Standby(server.get_uri(), other)
        stack.callback(standby.kill)
        environ = {
            "CAMPAIGN_DATABASE_URL": server.get_uri(),
            "CAMPAIGN_REPLICA_URL": standby.url,
            "CAMPAIGN_INSTANCE": str(instance),
            "CAMPAIGN_BASE_URL": "http://localhost",
        }
        yield environ, standby


@pytest.fixture
def replicated(pair: tuple[dict[str, str], Standby]) -> Iterator[Replicated]:
    environ, standby = pair
    container = build_container(load_settings(environ))
    transport = MemoryTransport()
    app, worker = create_app(container), create_worker(container, transport)
    supporter = Supporter(app.test_client(), worker, transport, SLUG)
    site = Replicated(standby, container, app, supporter, environ)
    try:
        site.caught_up()
        yield site
    finally:
        container.database.close()


def test_public_pages_and_counts_are_read_from_the_replica(replicated: Replicated) -> None:
    for path in (
        *(f"/en/{SLUG}", "/en/", "/", f"/{SLUG}/counts.json", f"/en/{SLUG}/signatories"),
        *(f"/en/{SLUG}/wordings", f"/embed/en/{SLUG}", "/en/privacy", "/sitemap.xml"),
        *(f"/en/{SLUG}/card.png", "/.well-known/security.txt", "/en/translation"),
    ):
        with replicated.asked() as statements:
            answer = replicated.supporter.browser.get(path)
        assert answer.status_code in {200, 303}
        assert statements, f"{path} was read from the database itself"


def test_forms_previews_and_pages_behind_a_token_are_never_read_from_it(
    replicated: Replicated,
) -> None:
    supporter = replicated.supporter
    form = supporter.form(email="never.testa@example.org")
    with replicated.asked() as statements:
        preview = supporter.post(form)
        assert preview.status_code == 200
        wrong = supporter.post(form | {"email": "nothing"})
        assert wrong.status_code == 422
    assert statements == []
    ready = supporter.form_after_preview(email="never.testa@example.org")
    with replicated.asked() as statements:
        checked = supporter.post(ready)
        supporter.browser.get(checked.location)
        link = supporter.newest_mail("never.testa@example.org").link("confirm")
        supporter.browser.get(link)
        done = supporter.browser.post(link)
        thanks = supporter.browser.get(done.location)
        assert thanks.status_code == 200
    assert statements == []


def test_who_has_just_signed_counts_on_her_own_page_although_the_replica_is_behind(
    replicated: Replicated,
) -> None:
    replicated.supporter.sign(email="before.testa@example.org")
    replicated.caught_up()
    before = replicated.supporter.count()
    replicated.supporter.submit(email="paused.testa@example.org")
    replicated.supporter.deliver()
    replicated.caught_up()
    replicated.standby.pause()
    try:
        done = replicated.supporter.confirm("paused.testa@example.org")
        assert "Your signature counts" in replicated.supporter.browser.get(done).text
        assert replicated.supporter.count() == before
        replicated.fell_behind()
        assert replicated.supporter.count() == before + 1
    finally:
        replicated.standby.resume()
    replicated.caught_up()
    assert replicated.supporter.count() == before + 1


def test_it_has_not_caught_up_while_it_lacks_the_older_of_two_transactions(
    replicated: Replicated,
) -> None:
    database = replicated.container.database
    older, newer = (database.engine.connect() for _ in range(2))
    try:
        for connection in (older, newer):
            connection.exec_driver_sql("SELECT pg_current_xact_id()")
            connection.exec_driver_sql("UPDATE campaigns SET slug = slug WHERE false")
        newer.commit()
        replicated.caught_up()
        replicated.standby.pause()
        older.commit()
        time.sleep(_UNTIL_CHECKED)
        health = database.replica_health()
        assert health is not None
        assert health.lag
    finally:
        replicated.standby.resume()
        older.close()
        newer.close()


def test_what_the_replica_still_says_of_a_campaign_is_not_used_for_forms(
    replicated: Replicated,
) -> None:
    filled = replicated.supporter.form(email="closed.testa@example.org", choice="sign")
    replicated.standby.pause()
    try:
        set_fact(replicated.container, "closes_on", "2020-01-01")
        shown = replicated.supporter.browser.get(f"/en/{SLUG}")
        assert 'name="stamp"' in shown.text
        assert replicated.supporter.post(filled).status_code == 410
    finally:
        replicated.standby.resume()
        set_fact(replicated.container, "closes_on", "2999-01-01")
    replicated.caught_up()


def test_a_replica_that_is_killed_is_not_missed_for_long_and_used_again(
    replicated: Replicated,
) -> None:
    replicated.standby.kill()
    try:
        replicated.fell_behind()
        assert replicated.supporter.browser.get(f"/en/{SLUG}").status_code == 200
        owner = sign_in_organiser(replicated.container, replicated.app)
        assert "does not answer" in owner.get(f"{CONSOLE_PATH}/").text
    finally:
        replicated.standby.start()
    replicated.caught_up()
    assert "seconds behind" in owner.get(f"{CONSOLE_PATH}/").text


def test_exports_are_read_from_it(replicated: Replicated) -> None:
    replicated.supporter.sign(email="exported.testa@example.org")
    replicated.caught_up()
    owner = sign_in_organiser(replicated.container, replicated.app)
    with replicated.asked() as statements:
        answer = owner.post(
            f"{CONSOLE_PATH}/exports/signatures",
            format="csv",
            reason="A made-up reason",
            state="confirmed",
        )
        lines = answer.get_data(as_text=True).splitlines()
    assert answer.mimetype == "text/csv"
    assert len(lines) == replicated.supporter.count() + 1
    assert statements


def test_the_doctor_and_monitoring_say_how_far_it_is_behind(replicated: Replicated) -> None:
    health = replicated.container.database.replica_health()
    assert health is not None
    assert health.lag == timedelta(0)
    assert [one.name for one in replica_gauges(health)] == [
        "campaign_replica_usable",
        "campaign_replica_lag_seconds",
    ]
    said = CliRunner().invoke(commands, ["doctor"], env=replicated.environ).output
    assert "ok    replica: 0.0 seconds behind" in said


def test_a_database_that_is_no_replica_is_not_taken_for_one(replicated: Replicated) -> None:
    url = replicated.environ["CAMPAIGN_DATABASE_URL"]
    database = Database(url, replica_url=url)
    health = database.replica_health()
    assert health is not None
    assert health.lag is None
    database.close()


def test_sqlite_has_no_replica(tmp_path: Path) -> None:
    environ = {"CAMPAIGN_INSTANCE": str(tmp_path), "CAMPAIGN_REPLICA_URL": "postgresql:///letters"}
    with pytest.raises(SettingsError, match="CAMPAIGN_REPLICA_URL needs a PostgreSQL database"):
        load_settings(environ)


@pytest.mark.long
@pytest.mark.parametrize("seconds", [0.0, _UNTIL_CHECKED])
def test_a_replica_that_hangs_holds_half_of_a_processs_threads_at_most(
    replicated: Replicated, seconds: float
) -> None:
    database = replicated.container.database

    def read(_: int) -> None:
        with database.reading_replica() as session:
            session.scalar(select(1))

    with ThreadPoolExecutor(4) as readers, replicated.standby.frozen():
        time.sleep(seconds)
        reading = [readers.submit(read, number) for number in range(20)]
        done, held = wait(reading, timeout=4)
        failed = [one for one in done if one.exception()]
        assert len(held) + len(failed) <= MAX_USERS
        private = replicated.supporter.sign(email=f"frozen{seconds}.testa@example.org")
        assert replicated.supporter.browser.get(private).status_code == 200
    replicated.caught_up()


def test_nothing_needs_the_replica_to_start(
    pair: tuple[dict[str, str], Standby], tmp_path: Path
) -> None:
    environ = pair[0] | {"CAMPAIGN_REPLICA_URL": "postgresql://postgres@127.0.0.1:9/nothing"}
    container = build_container(load_settings(environ))
    try:
        browser = create_app(container).test_client()
        assert browser.get(f"/en/{SLUG}").status_code == 200
        said = CliRunner().invoke(commands, ["doctor"], env=environ)
        assert "FAULT replica: it does not answer" in said.output
        assert [gauge.name for gauge in replica_gauges(container.database.replica_health())] == [
            "campaign_replica_usable"
        ]
        out = tmp_path / "counts.csv"
        exported = CliRunner().invoke(
            commands, ["export", "counts", "--output", str(out)], env=environ
        )
        assert exported.exit_code == 0, exported.output
        assert out.read_text().startswith("government")
    finally:
        container.database.close()
