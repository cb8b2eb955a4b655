"""From the preview to a confirmed signature: counters without anybody's data."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

from campaign.settings.settings import BASE_DIR
from campaign.signing.funnel import FUNNEL_DAYS, FunnelSteps, load_funnel
from campaign.signing.preview_counter import PreviewCounter, PreviewKey
from campaign.signing.rows import PreviewCountRow
from campaign.store.sqlite import BUSY_MILLISECONDS
from tests.helpers.campaigns import loaded_campaign
from tests.organiser import sign_in_organiser

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from campaign.signing.funnel import Funnel
    from tests.clock import Clock
    from tests.supporter import Supporter


def funnel(container: Container) -> Funnel:
    with container.database.reading() as session:
        campaign_id = loaded_campaign(container).campaign_id
        return load_funnel(session, campaign_id, container.clock().date())


def test_each_step_counts_for_its_day_and_source(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    monday = clock.now.date()
    supporter.sign(source="newsletter")
    supporter.submit(source="newsletter", email="second@example.org")
    supporter.post(supporter.form(email="third@example.org"))
    clock.advance(days=1)
    supporter.sign(choice="sign", email="fourth@example.org")
    found = funnel(container)
    assert found.by_day[monday] == FunnelSteps(previews=3, signed=2, confirmed=1)
    assert found.by_day[clock.now.date()] == FunnelSteps(previews=0, signed=1, confirmed=1)
    assert dict(found.by_source) == {
        "newsletter": FunnelSteps(previews=2, signed=2, confirmed=1),
        "": FunnelSteps(previews=1, signed=1, confirmed=1),
    }
    assert len(found.by_day) == FUNNEL_DAYS
    clock.advance(days=FUNNEL_DAYS)
    assert funnel(container).by_source == {}


def test_changing_the_letter_and_coming_back_is_no_second_preview(
    supporter: Supporter, container: Container
) -> None:
    form = supporter.form_after_preview()
    for step in ("preview", "change", "next", "preview"):
        supporter.post(form | {"step": step})
    assert funnel(container).by_source[""].previews == 1


def test_an_unknown_source_is_counted_as_other(supporter: Supporter, container: Container) -> None:
    supporter.post(supporter.form(source="<made up>"))
    assert list(funnel(container).by_source) == ["other"]


def test_the_counters_have_nothing_of_anybody(supporter: Supporter, container: Container) -> None:
    supporter.post(supporter.form())
    with container.database.reading() as session:
        (row,) = session.scalars(select(PreviewCountRow))
        columns = {column.name for column in row.__table__.columns}
    assert columns == {"campaign_id", "day", "source", "shard", "previews"}


def test_a_letter_is_shown_even_if_it_cannot_be_counted(
    supporter: Supporter, container: Container
) -> None:
    form = supporter.form()
    with container.database.writing() as session:
        session.execute(text("DROP TABLE preview_counts"))
    assert supporter.post(form).status_code == 200


def test_organisers_see_it_on_the_dashboard(
    supporter: Supporter, container: Container, app: Flask
) -> None:
    supporter.sign(source="newsletter")
    owner = sign_in_organiser(container, app)
    page = owner.get("/console/c/eu-china-dialogue/").text
    section = page[page.index('id="funnel"') :]
    row = re.search(r'<th scope="row">newsletter</th>(.*?)</tr>', section, re.DOTALL)
    assert row
    assert re.findall(r">(\d+)</td>", row.group(1)) == ["1", "1", "1"]


def test_a_changed_address_is_no_second_signature(
    supporter: Supporter, container: Container
) -> None:
    check = supporter.submit(choice="sign", email="wrong@example.org")
    for email in ("worse@example.org", "testa@example.org"):
        answer = supporter.browser.post(f"{check}/address", data={"email": email})
        check = answer.location
    supporter.confirm()
    assert funnel(container).by_source[""] == FunnelSteps(previews=0, signed=1, confirmed=1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_busy_database_does_not_keep_her_letter_from_her(
    supporter: Supporter, container: Container
) -> None:
    """SQLite has one writer, for whom others wait ten seconds; a figure is not worth that."""
    form = supporter.form()
    with container.database.writing() as session:
        session.execute(text("UPDATE signatures SET held = held"))
        began = time.monotonic()
        assert supporter.post(form).status_code == 200
        assert time.monotonic() - began < BUSY_MILLISECONDS / 1000 / 2
    assert funnel(container).by_source == {}
    supporter.post(form)
    assert funnel(container).by_source[""].previews == 1


@pytest.mark.both_databases
def test_a_busy_process_stores_its_previews_together(container: Container) -> None:
    campaign_id = loaded_campaign(container).campaign_id
    counter = PreviewCounter(container.database, seconds=0.2)
    today = container.clock().date()
    for source, shard in (("", 1), ("", 2), ("newsletter", 1), ("", 1)):
        counter.add(PreviewKey(campaign_id, today, source, shard))
    assert funnel(container).by_source == {}
    _wait_for_timers()
    assert {key: one.previews for key, one in funnel(container).by_source.items()} == {
        "": 3,
        "newsletter": 1,
    }
    counter.add(PreviewKey(campaign_id, today, "", 1))
    _wait_for_timers()
    assert funnel(container).by_source[""].previews == 4


def test_a_process_that_ends_stores_the_previews_it_has_counted(
    container: Container, environ: dict[str, str]
) -> None:
    campaign_id = loaded_campaign(container).campaign_id
    counted = f"({campaign_id}, date({container.clock().date():%Y, %-m, %-d}), '', 1)"
    program = (
        "from datetime import date; from campaign.store.database import Database; "
        "from campaign.signing.preview_counter import PreviewCounter, PreviewKey; "
        f"counter = PreviewCounter(Database({container.settings.database_url!r}), seconds=0.5); "
        f"counter.add(PreviewKey(*{counted}))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=BASE_DIR, env=environ, check=True)
    assert funnel(container).by_source[""].previews == 1


def _wait_for_timers() -> None:
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()
