"""What holds for every address of the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

from campaign.signatures.rows import SignatureRow
from campaign.store.all_rows import Base
from campaign.store.tokens import Purpose
from tests.conftest import SLUG
from tests.helpers.campaigns import loaded_campaign

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.supporter import Supporter


def contents(container: Container) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    with container.database.reading() as session:
        return {
            table.name: sorted(
                (tuple(row) for row in session.execute(text(f"SELECT * FROM {table.name}"))),  # noqa: S608
                key=repr,
            )
            for table in Base.metadata.sorted_tables
        }


def addresses(app: Flask, supporter: Supporter, container: Container, method: str) -> list[str]:
    """Return an address for every route that takes the method, with good tokens in it."""
    private = supporter.sign().rpartition("/")[2]
    check = supporter.submit(email="pending@example.org").rpartition("/")[2]
    mail = supporter.newest_mail("pending@example.org")
    clerk = supporter.letters()[-1].link("clerk")
    granted = {}
    wishes = {
        Purpose.DIGEST: "digest",
        Purpose.OBJECTION: "objection",
        Purpose.PREFERENCE: "weekly",
    }
    for purpose, wish in wishes.items():
        supporter.browser.post(clerk, data={"wish": wish})
        asked = supporter.newest_mail("de@ministry.example")
        granted[purpose] = asked.link(purpose.value).rpartition("/")[2]
    with container.database.reading() as session:
        (signature_id, *_) = session.scalars(select(SignatureRow.id).order_by(SignatureRow.id))
    unsubscribe = container.links.unsubscribe_url(
        "en", loaded_campaign(container), signature_id, container.clock()
    )
    tokens = {
        **granted,
        Purpose.UNSUBSCRIBE: unsubscribe.rpartition("/")[2],
        Purpose.RECIPIENT_PREFERENCES: clerk.rpartition("/")[2],
        Purpose.CONFIRM: mail.link("confirm").rpartition("/")[2],
        Purpose.STOP: mail.link("stop").rpartition("/")[2],
        Purpose.ENTER_CODE: check,
        Purpose.PRIVATE: private,
    }
    found = []
    for rule in app.url_map.iter_rules():
        if method not in (rule.methods or ()) or rule.rule.startswith(("/static", "/console")):
            continue
        kind = next((one for one in tokens if f"/{one.value}/" in rule.rule), Purpose.PRIVATE)
        kind = Purpose.DIGEST if "wish" in rule.arguments else kind
        values = {"lang": "en", "slug": SLUG, "token": tokens[kind], "wish": kind.value}
        _, path = rule.build({name: values[name] for name in rule.arguments}) or ("", "")
        found.append(path)
    return found


@pytest.mark.asvs("3.5.3")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_no_row(
    app: Flask, supporter: Supporter, container: Container, method: str
) -> None:
    paths = addresses(app, supporter, container, method)
    before = contents(container)
    statuses = {path: app.test_client().open(path, method=method).status_code for path in paths}
    assert len(paths) >= 12
    assert set(statuses.values()) <= {200, 303}, statuses
    assert contents(container) == before


@pytest.mark.asvs("3.5.1", "8.2.2")
def test_no_address_takes_a_post_without_a_good_token_or_stamp(
    app: Flask, supporter: Supporter, container: Container
) -> None:
    paths = addresses(app, supporter, container, "POST")
    before = contents(container)
    for path in paths:
        garbled = path if path.endswith("/sign") else path.replace("A", "B", 1)
        answer = app.test_client().post(garbled, data={"name": "Testa", "step": "send"})
        assert answer.status_code in {404, 422}, path
    assert contents(container) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused_or_answered_without_a_fault(
    app: Flask, supporter: Supporter, container: Container, method: str
) -> None:
    for path in addresses(app, supporter, container, "POST"):
        assert app.test_client().open(path, method=method).status_code in {200, 405}, path
