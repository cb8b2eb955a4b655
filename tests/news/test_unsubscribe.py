"""No more news: the page behind a news mail's link, for a person and for a mail program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from campaign.campaigns.serialization import words_digest
from campaign.news.pages import unsubscribe_explanation
from campaign.signatures.rows import SignatureRow
from campaign.store.ids import uuid7
from tests.helpers.campaigns import loaded_campaign

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


def link(container: Container, supporter: Supporter, signature_id: UUID | None = None) -> str:
    """Return the path of the link in a news mail, of the only signature or of another one."""
    with container.database.reading() as session:
        wanted = signature_id or session.scalars(select(SignatureRow.id)).one()
    made = container.links.unsubscribe_url(
        supporter.lang, loaded_campaign(container, supporter.slug), wanted, container.clock()
    )
    return urlsplit(made).path


def held(supporter: Supporter, private: str) -> dict[str, Any]:
    """Return what she can download."""
    document: dict[str, Any] = json.loads(supporter.browser.post(f"{private}/download").data)
    return document


def news(supporter: Supporter, private: str) -> list[dict[str, Any]]:
    return [one for one in held(supporter, private)["consents"] if one["purpose"] == "send_news"]


def test_looking_changes_nothing_and_the_button_takes_the_consent_back(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(send_news="y")
    path = link(container, supporter)
    page = supporter.browser.get(path)
    assert "This button stops e-mail news" in page.text
    assert [one["given"] for one in news(supporter, private)] == [True]
    done = supporter.browser.post(path)
    assert done.status_code == 200
    assert "Done. You will get no more news" in done.text
    assert [one["given"] for one in news(supporter, private)] == [True, False]
    assert "Set-Cookie" not in done.headers


def test_a_mail_programs_one_click_does_the_same_without_a_redirect(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(send_news="y")
    path = link(container, supporter)
    for form in ("application/x-www-form-urlencoded", "multipart/form-data"):
        body = {"List-Unsubscribe": "One-Click"}
        assert supporter.browser.post(path, data=body, content_type=form).status_code == 200
    assert [one["given"] for one in news(supporter, private)] == [True, False]


def test_the_evidence_is_of_the_words_beside_the_button(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(send_news="y")
    supporter.lang = "fr"
    supporter.browser.post(link(container, supporter))
    (_, taken_back) = news(supporter, private)
    assert taken_back["language"] == "fr"
    assert taken_back["words_sha256"] == words_digest(
        unsubscribe_explanation(container.languages["fr"])
    )


def test_the_signature_stays_counted(supporter: Supporter, container: Container) -> None:
    supporter.sign(send_news="y")
    supporter.browser.post(link(container, supporter))
    assert supporter.count() == 1


def test_a_signature_that_is_deleted_or_unknown_gets_the_same_friendly_page(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(send_news="y")
    paths = [link(container, supporter), link(container, supporter, uuid7(container.clock()))]
    supporter.browser.post(f"{private}/delete")
    for path in paths:
        assert supporter.browser.get(path).status_code == 200
        assert "Done. You will get no more news" in supporter.browser.post(path).text


def test_the_link_works_for_two_years(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign(send_news="y")
    path = link(container, supporter)
    clock.advance(days=729)
    assert supporter.browser.post(path).status_code == 200
    clock.advance(days=2)
    assert supporter.browser.post(path).status_code == 410


@pytest.mark.parametrize("lang", ["de", "fr", "el"])
def test_the_page_speaks_the_mails_language(
    supporter: Supporter, container: Container, lang: str
) -> None:
    supporter.sign(send_news="y")
    supporter.lang = lang
    page = supporter.browser.get(link(container, supporter))
    assert unsubscribe_explanation(container.languages[lang]) in page.text
    assert "news" not in page.text
