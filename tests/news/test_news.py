"""News is written, looked at, and started when everybody knows whom it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.delivery.mail_message import Mailer
from campaign.errors import (
    NoLongerPossible,
    NotFound,
    ReachesMore,
    UnacceptableFields,
)
from campaign.mail.message import readable
from campaign.news import send as news
from campaign.news.rules import NewsText
from campaign.signatures.queries import mail_caps as caps
from campaign.signatures.rows.signatures import SignatureRow
from campaign.signatures.rules.signature import HeldFor, State
from tests.conftest import SLUG
from tests.mails_for_tests import without_tokens
from tests.news_for_tests import (
    TEXTS,
    add_readers,
    counted,
    draft,
    received,
    row_of,
    start,
)

if TYPE_CHECKING:
    from campaign.container import House
    from tests.supporter import Supporter


# What is written


def test_every_fault_is_named_at_its_field(house: House) -> None:
    texts = {
        "en": NewsText("a" + "\u0316" * 5, "x" * 10_001),
        "de": NewsText("", " \n"),
        "fr": NewsText("s" * 151, "good"),
    }
    with pytest.raises(UnacceptableFields) as caught:
        draft(house, texts)
    assert caught.value.reasons == {
        "subject-en": "too-many-marks",
        "text-en": "too-long",
        "subject-de": "no-subject",
        "text-de": "no-text",
        "subject-fr": "too-long",
    }


def test_a_draft_is_kept_clean_and_can_be_written_anew(house: House) -> None:
    news_id = draft(house, {"en": NewsText("  One   line ", "a\r\n\r\n\r\n\r\nb  ")})
    assert row_of(house, news_id).texts == {"en": {"subject": "One line", "text": "a\n\nb"}}
    draft(house, news_id=news_id)
    assert row_of(house, news_id).texts["en"]["subject"] == TEXTS["en"].subject


def test_a_language_that_the_campaign_does_not_have_is_refused(house: House) -> None:
    with pytest.raises(NotFound):
        draft(house, {"xx": TEXTS["en"]})


def test_what_is_sent_is_no_draft_any_more(house: House) -> None:
    add_readers(house, 1)
    news_id = draft(house)
    start(house, news_id)
    with pytest.raises(NoLongerPossible):
        draft(house, news_id=news_id)
    with pytest.raises(NoLongerPossible):
        start(house, news_id)


def test_it_does_not_start_without_a_text_in_the_default_language(house: House) -> None:
    add_readers(house, 1)
    news_id = draft(house, {"de": TEXTS["en"]})
    with pytest.raises(UnacceptableFields) as caught:
        start(house, news_id)
    assert caught.value.reasons == {"subject-en": "no-subject"}


# What is looked at before


def test_the_preview_is_the_mail_as_it_leaves(supporter: Supporter, house: House) -> None:
    add_readers(house, 1)
    news_id = draft(house)
    with house.database.reading() as session:
        shelved, mailer = house.shelf.by_slug(session, SLUG), Mailer(house.composer)
        shown = news.preview(session, mailer, shelved, news_id, "en", house.clock())
    start(house, news_id)
    supporter.deliver()
    (envelope,) = supporter.transport.sent

    def alike(message: bytes) -> list[str]:
        lines = without_tokens(readable(message)).splitlines()
        return [line for line in lines if not line.startswith(("To:", "Message-ID:"))]

    assert alike(shown.message) == alike(envelope.message)
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in alike(shown.message)


def test_a_test_goes_to_the_organisers_and_to_nobody_else(
    supporter: Supporter, house: House
) -> None:
    add_readers(house, 2)
    news_id = draft(house)
    with house.database.writing() as session:
        shelved = house.shelf.by_slug(session, SLUG)
        news.send_test(session, shelved, news_id, "de", house.clock())
    supporter.deliver()
    (mail,) = received(supporter)
    assert mail.to == "contact@example.org"
    assert mail.message["Content-Language"] == "en"
    path = mail.link("unsubscribe")
    assert supporter.browser.post(path).status_code == 200
    assert sum(counted(house).values()) == 2


def test_the_count_is_of_those_who_want_news_now(house: House, supporter: Supporter) -> None:
    add_readers(house, 2)
    add_readers(house, 1, language="de")
    add_readers(house, 1, send_news=False)
    add_readers(house, 1, held=True, held_for=HeldFor.ORGANISER)
    add_readers(house, 1, state=State.WITHDRAWN)
    add_readers(house, 1, state=State.PENDING, confirmed_at=None)
    add_readers(house, 1, sealed=None, identity_hash=None)
    (wants_none,) = add_readers(house, 1)
    with house.database.writing() as session:
        row = session.get(SignatureRow, wants_none)
        assert row is not None
        assert row.identity_hash is not None
        caps.stop(session, row.identity_hash, house.clock())
    assert counted(house) == {"de": 1, "en": 2}
    start(house, draft(house))
    supporter.deliver()
    assert len(received(supporter)) == 3


def test_it_does_not_start_when_clearly_more_people_would_get_it_than_were_shown(
    house: House,
) -> None:
    add_readers(house, 12)
    news_id = draft(house)
    with pytest.raises(ReachesMore) as caught:
        start(house, news_id, shown=1)
    assert caught.value.count == 12
    assert start(house, news_id, shown=2) == 12


def test_it_does_not_start_when_nobody_wants_news(house: House) -> None:
    with pytest.raises(NoLongerPossible):
        start(house, draft(house))
