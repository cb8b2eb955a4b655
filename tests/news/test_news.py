"""News is written, looked at, and started when everybody knows whom it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.errors import (
    AudienceGrew,
    InvalidFields,
    NoLongerPossible,
    NotFound,
)
from campaign.mail.outgoing import format_readable
from campaign.news import send
from campaign.news.rules import NewsText
from campaign.signatures.queries import mail_caps
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import HoldReason, SignatureState
from tests.conftest import SLUG
from tests.helpers.golden_mails import without_tokens
from tests.helpers.news import (
    TEXTS,
    add_readers,
    get_news,
    make_draft,
    received,
    start,
    subscriber_counts,
)

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.supporter import Supporter


# What is written


def test_every_fault_is_named_at_its_field(container: Container) -> None:
    texts = {
        "en": NewsText("a" + "\u0316" * 5, "x" * 10_001),
        "de": NewsText("", " \n"),
        "fr": NewsText("s" * 151, "good"),
    }
    with pytest.raises(InvalidFields) as caught:
        make_draft(container, texts)
    assert caught.value.reasons == {
        "subject-en": "too-many-marks",
        "text-en": "too-long",
        "subject-de": "no-subject",
        "text-de": "no-text",
        "subject-fr": "too-long",
    }


def test_a_draft_is_kept_clean_and_can_be_written_anew(container: Container) -> None:
    news_id = make_draft(container, {"en": NewsText("  One   line ", "a\r\n\r\n\r\n\r\nb  ")})
    assert get_news(container, news_id).texts == {"en": {"subject": "One line", "text": "a\n\nb"}}
    make_draft(container, news_id=news_id)
    assert get_news(container, news_id).texts["en"]["subject"] == TEXTS["en"].subject


def test_a_language_that_the_campaign_does_not_have_is_refused(container: Container) -> None:
    with pytest.raises(NotFound):
        make_draft(container, {"xx": TEXTS["en"]})


def test_what_is_sent_is_no_draft_any_more(container: Container) -> None:
    add_readers(container, 1)
    news_id = make_draft(container)
    start(container, news_id)
    with pytest.raises(NoLongerPossible):
        make_draft(container, news_id=news_id)
    with pytest.raises(NoLongerPossible):
        start(container, news_id)


def test_it_does_not_start_without_a_text_in_the_default_language(container: Container) -> None:
    add_readers(container, 1)
    news_id = make_draft(container, {"de": TEXTS["en"]})
    with pytest.raises(InvalidFields) as caught:
        start(container, news_id)
    assert caught.value.reasons == {"subject-en": "no-subject"}


# What is looked at before


def test_the_preview_is_the_mail_as_it_leaves(supporter: Supporter, container: Container) -> None:
    add_readers(container, 1)
    news_id = make_draft(container)
    with container.database.reading() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        shown = send.preview(session, container.mailer, loaded, news_id, "en", container.clock())
    start(container, news_id)
    supporter.deliver()
    (envelope,) = supporter.transport.sent

    def alike(message: bytes) -> list[str]:
        lines = without_tokens(format_readable(message)).splitlines()
        return [line for line in lines if not line.startswith(("To:", "Message-ID:"))]

    assert alike(shown.message) == alike(envelope.message)
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in alike(shown.message)


def test_a_test_goes_to_the_organisers_and_to_nobody_else(
    supporter: Supporter, container: Container
) -> None:
    add_readers(container, 2)
    news_id = make_draft(container)
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        send.send_test(session, loaded, news_id, "de", container.clock())
    supporter.deliver()
    (mail,) = received(supporter)
    assert mail.to == "contact@example.org"
    assert mail.message["Content-Language"] == "en"
    path = mail.link("unsubscribe")
    assert supporter.browser.post(path).status_code == 200
    assert sum(subscriber_counts(container).values()) == 2


def test_the_count_is_of_those_who_want_news_now(
    container: Container, supporter: Supporter
) -> None:
    add_readers(container, 2)
    add_readers(container, 1, language="de")
    add_readers(container, 1, send_news=False)
    add_readers(container, 1, held=True, held_for=HoldReason.ORGANISER)
    add_readers(container, 1, state=SignatureState.WITHDRAWN)
    add_readers(container, 1, state=SignatureState.PENDING, confirmed_at=None)
    add_readers(container, 1, sealed=None, identity_hash=None)
    (wants_none,) = add_readers(container, 1)
    with container.database.writing() as session:
        row = session.get(SignatureRow, wants_none)
        assert row is not None
        assert row.identity_hash is not None
        mail_caps.suppress(session, row.identity_hash, container.clock())
    assert subscriber_counts(container) == {"de": 1, "en": 2}
    start(container, make_draft(container))
    supporter.deliver()
    assert len(received(supporter)) == 3


def test_it_does_not_start_when_clearly_more_people_would_get_it_than_were_shown(
    container: Container,
) -> None:
    add_readers(container, 12)
    news_id = make_draft(container)
    with pytest.raises(AudienceGrew) as caught:
        start(container, news_id, shown=1)
    assert caught.value.count == 12
    assert start(container, news_id, shown=2) == 12


def test_it_does_not_start_when_nobody_wants_news(container: Container) -> None:
    with pytest.raises(NoLongerPossible):
        start(container, make_draft(container))
