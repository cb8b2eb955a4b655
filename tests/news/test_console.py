"""News in the console: written, looked at, tried, sent to who asked for it, and stopped."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from campaign.delivery.rules.outgoing import OutgoingState
from campaign.news import queries, send
from campaign.news.rules import NewsState, NewsText
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Role
from tests.conftest import SLUG
from tests.helpers.news import TEXTS, add_readers, make_draft, start
from tests.organiser import CONSOLE_PATH, Organiser, path_of, sign_in_organiser

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from flask import Flask
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from campaign.news.rows import NewsRow
    from tests.supporter import Mail, Supporter

TYPED = {"subject-en": "Three answers", "text-en": "They agree.\r\n\r\nMore soon."}
CHANGED = "has changed since you opened the page"


@pytest.fixture
def editor(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app, Role.EDITOR)


def rows(container: Container) -> Sequence[NewsRow]:
    with container.database.reading() as session:
        return queries.list_of_campaign(
            session, container.campaign_cache.by_slug(session, SLUG).campaign_id
        )


def received(supporter: Supporter) -> list[Mail]:
    return supporter.received("mail-news-")


def address(news_id: UUID, act: str = "") -> str:
    return f"{CONSOLE_PATH}/news/{news_id}{act}"


def hidden(page: TestResponse, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found.group(1))


def ready(editor: Organiser, news_id: UUID) -> dict[str, str]:
    """Return what the form that sends a mail brings when it is ticked."""
    page = editor.get(address(news_id))
    return {
        "csrf_token": editor.form(),
        "seen": hidden(page, "seen"),
        "shown": hidden(page, "shown"),
        "sure": "y",
    }


# Written


def test_a_draft_is_written_in_some_languages_and_nothing_leaves(
    editor: Organiser, container: Container, supporter: Supporter
) -> None:
    add_readers(container, 2)
    add_readers(container, 1, language="de")
    empty = editor.get(f"{CONSOLE_PATH}/news/write").text
    assert "Required. 2 people have asked for news" in empty
    assert "German: 1 person has asked for news" in empty
    fields = {
        "csrf_token": editor.form(),
        "subject-de": "Drei Antworten",
        "text-de": "Sie stimmen zu.",
    }
    for _ in range(2):
        answer = editor.post(f"{CONSOLE_PATH}/news/write", **TYPED, **fields)
        (row,) = rows(container)
        assert path_of(answer) == f"{address(row.id)}?said=news-draft"
    assert row.texts == {
        "en": {"subject": "Three answers", "text": "They agree.\n\nMore soon."},
        "de": {"subject": "Drei Antworten", "text": "Sie stimmen zu."},
    }
    assert row.created_by == "Edda Example"
    supporter.deliver()
    assert received(supporter) == []
    listed = editor.get(f"{CONSOLE_PATH}/news").text
    assert "3 people have asked for it: 1 in" in listed
    assert "Three answers" in listed
    assert "refresh" not in listed


def test_each_fault_stands_at_its_field_and_nothing_typed_is_lost(
    editor: Organiser, container: Container
) -> None:
    typed = {
        "subject-en": " ",
        "text-en": "kept <b>as</b> typed",
        "subject-de": "a" + "\u0316" * 5,
        "text-fr": "x" * 10_001,
    }
    answer = editor.post(f"{CONSOLE_PATH}/news/write", **typed)
    assert answer.status_code == 422
    for link in ("subject-en", "subject-de", "text-de", "subject-fr", "text-fr"):
        assert f'<li><a href="#{link}">' in answer.text
        assert f'id="{link}-error"' in answer.text
    assert "kept &lt;b&gt;as&lt;/b&gt; typed" in answer.text
    assert 'value="a\u0316\u0316\u0316\u0316\u0316"' in answer.text
    assert "x" * 10_001 in answer.text
    assert rows(container) == []


def test_a_draft_is_changed_and_a_language_left_empty_goes(
    editor: Organiser, container: Container
) -> None:
    news_id = make_draft(container, {**TEXTS, "de": NewsText("Neues", "Es geschah etwas.")})
    page = editor.get(address(news_id, "/change"))
    assert "Es geschah etwas." in page.text
    answer = editor.post(address(news_id, "/change"), seen=hidden(page, "seen"), **TYPED)
    assert path_of(answer) == f"{address(news_id)}?said=news-draft"
    assert set(rows(container)[0].texts) == {"en"}


def test_two_at_one_draft_see_both_versions_and_decide(
    editor: Organiser, container: Container, app: Flask
) -> None:
    news_id = make_draft(container)
    other = sign_in_organiser(container, app)
    page = editor.get(address(news_id, "/change"))
    theirs = {"subject-en": "Theirs", "text-en": "Their words."}
    other.post(address(news_id, "/change"), seen=hidden(page, "seen"), **theirs)
    stale = editor.post(address(news_id, "/change"), seen=hidden(page, "seen"), **TYPED)
    assert stale.status_code == 409
    assert "Somebody else changed this draft" in stale.text
    assert 'value="Three answers"' in stale.text
    assert "Their words." in stale.text
    assert rows(container)[0].texts["en"]["subject"] == "Theirs"
    editor.post(address(news_id, "/change"), seen=hidden(stale, "seen"), **TYPED)
    assert rows(container)[0].texts["en"]["subject"] == "Three answers"


def test_what_was_sent_while_it_was_changed_can_be_kept_as_another_draft(
    editor: Organiser, container: Container
) -> None:
    add_readers(container, 1)
    news_id = make_draft(container)
    page = editor.get(address(news_id, "/change"))
    start(container, news_id)
    late = editor.post(address(news_id, "/change"), seen=hidden(page, "seen"), **TYPED)
    assert late.status_code == 409
    assert "This was sent while you were editing" in late.text
    assert f'<form method="post" action="{CONSOLE_PATH}/news/write">' in late.text
    editor.post(f"{CONSOLE_PATH}/news/write", **TYPED)
    assert {row.state for row in rows(container)} == {NewsState.DRAFT, NewsState.SENDING}
    assert editor.get(address(news_id, "/change")).status_code == 409


# Looked at and tried


def test_the_preview_has_each_languages_headers_and_text(
    editor: Organiser, container: Container
) -> None:
    add_readers(container, 1, language="fr")
    news_id = make_draft(container, {**TEXTS, "de": NewsText("Neues <1>", "Es geschah etwas.")})
    page = editor.get(address(news_id)).text
    assert page.count("<dt>From</dt>") == page.count("<dt>List-Unsubscribe</dt>") == 2
    assert "Neues &lt;1&gt;" in page
    assert f"http://localhost/de/{SLUG}/unsubscribe/" in page
    assert "Es geschah etwas.\n\n-- \n" in page
    assert ">French</th>" in page
    assert "reader0" not in page


def test_a_test_goes_to_the_operator_once_and_to_nobody_else(
    editor: Organiser, container: Container, supporter: Supporter
) -> None:
    add_readers(container, 2)
    news_id = make_draft(container)
    fields = {"csrf_token": editor.form(), "language": "en"}
    for _ in range(2):
        answer = editor.post(address(news_id, "/test"), **fields)
        assert "The test is being sent" in editor.get(path_of(answer)).text
    supporter.deliver()
    assert [mail.to for mail in received(supporter)] == ["contact@example.org"]
    assert rows(container)[0].state is NewsState.DRAFT


# Sent


def test_it_is_sent_once_to_those_who_want_it_and_can_be_read_later(
    editor: Organiser, container: Container, supporter: Supporter
) -> None:
    add_readers(container, 2)
    private = supporter.sign(send_news="y")
    news_id = make_draft(container)
    assert "Send to 3 people" in editor.get(address(news_id)).text
    fields = ready(editor, news_id)
    for _ in range(2):
        answer = editor.post(address(news_id, "/send"), **fields)
        assert path_of(answer) == f"{address(news_id)}?said=news-started"
    page = editor.get(address(news_id)).text
    assert f'content="5; url={address(news_id)}"' in page
    assert "0 of 3 e-mails have been sent" in page
    assert "<progress" in editor.get(f"{CONSOLE_PATH}/news").text
    supporter.browser.post(f"{private}/correct", data={"name": "Testa Example"})
    supporter.deliver()
    assert len(received(supporter)) == 2
    assert "testa@example.org" not in [mail.to for mail in received(supporter)]
    done = editor.get(address(news_id)).text
    assert "Something has happened." in done
    assert "refresh" not in done
    assert "Send to" not in done
    with container.database.reading() as session:
        newest = audit_log.search(session, AuditFilter(about=f"news {news_id}"), limit=5)
    assert [(one.who, one.action, one.number) for one in newest] == [
        ("Edda Example", "news sent", 3)
    ]


def test_who_took_the_consent_back_after_queueing_gets_none(
    editor: Organiser, container: Container, supporter: Supporter
) -> None:
    private = supporter.sign(send_news="y")
    news_id = make_draft(container)
    editor.post(address(news_id, "/send"), **ready(editor, news_id))
    with container.database.writing() as session:
        assert send.queue_next_batch(session, container.campaign_cache, container.clock()) == 1
    supporter.browser.post(f"{private}/correct", data={"name": "Testa Example"})
    supporter.deliver()
    assert received(supporter) == []
    assert "dropped (stopped or unsubscribed)" in editor.get(address(news_id)).text


def test_it_is_not_sent_without_the_tick(editor: Organiser, container: Container) -> None:
    add_readers(container, 1)
    news_id = make_draft(container)
    answer = editor.post(address(news_id, "/send"), **ready(editor, news_id) | {"sure": ""})
    assert answer.status_code == 422
    assert '<a href="#sure">' in answer.text
    assert rows(container)[0].state is NewsState.DRAFT


def test_clearly_more_people_than_shown_are_shown_first(
    editor: Organiser, container: Container
) -> None:
    add_readers(container, 1)
    news_id = make_draft(container)
    fields = ready(editor, news_id)
    add_readers(container, 12)
    stale = editor.post(address(news_id, "/send"), **fields)
    assert stale.status_code == 409
    assert "It would now go to 13 people" in stale.text
    assert rows(container)[0].state is NewsState.DRAFT
    again = {**fields, "shown": hidden(stale, "shown")}
    assert editor.post(address(news_id, "/send"), **again).status_code == 303


@pytest.mark.asvs("2.3.1")
def test_words_that_were_changed_after_they_were_read_are_not_sent(
    editor: Organiser, container: Container
) -> None:
    add_readers(container, 1)
    news_id = make_draft(container)
    fields = ready(editor, news_id)
    make_draft(container, {"en": NewsText("Other", "Other words.")}, news_id)
    stale = editor.post(address(news_id, "/send"), **fields)
    assert stale.status_code == 409
    assert CHANGED in stale.text
    assert "Other words." in stale.text
    assert rows(container)[0].state is NewsState.DRAFT


def test_two_who_send_it_at_once_start_it_once(
    editor: Organiser, container: Container, app: Flask
) -> None:
    add_readers(container, 1)
    news_id = make_draft(container)
    owner = sign_in_organiser(container, app)
    mine, theirs = ready(editor, news_id), ready(owner, news_id)
    assert owner.post(address(news_id, "/send"), **theirs).status_code == 303
    late = editor.post(address(news_id, "/send"), **mine)
    assert late.status_code == 409
    assert CHANGED in late.text


def test_nothing_can_be_sent_where_nobody_asks_or_the_needed_language_is_missing(
    editor: Organiser, container: Container
) -> None:
    news_id = make_draft(container)
    page = editor.get(address(news_id))
    assert "Nobody has asked for news yet" in page.text
    add_readers(container, 1)
    other = make_draft(container, {"de": NewsText("Neues", "Es geschah etwas.")})
    page = editor.get(address(other))
    assert "There is no text in English yet" in page.text
    assert "Send to" not in page.text
    with container.database.reading() as session:
        seen = send.version_token(queries.get(session, other))
    forged = editor.post(address(other, "/send"), seen=seen, shown="1", sure="y")
    assert forged.status_code == 409


# Stopped


def test_stopping_drops_what_has_not_left(
    editor: Organiser, container: Container, supporter: Supporter
) -> None:
    add_readers(container, send.BATCH + 23)
    news_id = make_draft(container)
    editor.post(address(news_id, "/send"), **ready(editor, news_id))
    supporter.worker.step()
    left = len(received(supporter))
    fields = {"csrf_token": editor.form()}
    for _ in range(2):
        answer = editor.post(address(news_id, "/stop"), **fields)
        assert path_of(answer) == f"{address(news_id)}?said=news-stopped"
    supporter.deliver()
    assert len(received(supporter)) == left
    assert rows(container)[0].state is NewsState.STOPPED
    with container.database.reading() as session:
        assert queries.count_mails_by_state(session, news_id).get(OutgoingState.ACCEPTED, 0) == left
    page = editor.get(address(news_id)).text
    assert '<th scope="row">never queued</th><td class="figure">23</td>' in page
    again = editor.post(address(news_id, "/stop"))
    assert again.status_code == 409
    assert CHANGED in again.text


# Who may look


def test_a_viewer_sees_nothing_of_it(container: Container, app: Flask) -> None:
    news_id = make_draft(container)
    viewer = sign_in_organiser(container, app, Role.VIEWER)
    for path in (
        f"{CONSOLE_PATH}/news",
        f"{CONSOLE_PATH}/news/write",
        address(news_id),
    ):
        answer = viewer.get(path)
        assert answer.status_code == 403
        assert TEXTS["en"].subject not in answer.text
    assert ">News</a>" not in viewer.get(f"{CONSOLE_PATH}/").text
