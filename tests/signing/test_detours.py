"""Ways through the site that nobody planned: each ends where a person expects."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from campaign.container import build_container
from campaign.errors import SettingsError
from campaign.letters.rows import LetterRow
from campaign.settings.load import load_settings
from campaign.web_app import create_app
from tests.supporter import area_value, field_value

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


def test_a_form_that_met_a_resting_database_is_offered_again_with_all_that_was_typed(
    supporter: Supporter, environ: dict[str, str]
) -> None:
    form = supporter.form_after_preview() | {"body": 'My "own" text\nwith <lines> & more.'}
    away = environ | {"CAMPAIGN_DATABASE_URL": "sqlite:////proc/nowhere"}
    browser = create_app(build_container(load_settings(away))).test_client()
    answer = browser.post(supporter.path("/sign"), data=form, content_type="multipart/form-data")
    assert answer.status_code == 503
    fields: dict[str, list[str]] = {}
    pattern = r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>'
    for name, value in re.findall(pattern, answer.text, re.DOTALL):
        fields.setdefault(name, []).append(unescape(value))
    assert fields["body"] == [form["body"]]
    assert fields["demands"] == form["demands"]
    shown = supporter.post(fields | {"step": ["preview"]})
    assert area_value(shown, "body") == form["body"]


def test_an_expired_stamp_does_not_ask_about_changes_that_nobody_made(
    supporter: Supporter, clock: Clock
) -> None:
    form = supporter.form_after_preview() | {"body": "Only this."}
    clock.advance(hours=25)
    answer = supporter.post(form)
    assert answer.status_code == 422
    assert "open for a long time" in answer.text
    assert "Which text do you want?" not in answer.text
    assert area_value(answer, "body") == "Only this."


def test_an_expired_stamp_keeps_the_letters_words(supporter: Supporter, clock: Clock) -> None:
    form = supporter.form_after_preview()
    clock.advance(hours=25)
    answer = supporter.post(form)
    assert area_value(answer, "body") == form["body"]
    assert field_value(answer, "subject") == form["subject"]


def test_an_empty_code_is_not_a_try(supporter: Supporter) -> None:
    check = supporter.submit()
    code = supporter.newest_mail().code
    for _ in range(6):
        answer = supporter.browser.post(check, data={"code": " "})
        assert answer.status_code == 422
        assert "Enter the six-digit code from the e-mail." in answer.text
    assert supporter.browser.post(check, data={"code": code}).status_code == 303


@pytest.mark.parametrize("wish", ["*", "*;q=0.5", ""])
def test_any_language_means_the_campaigns_own(supporter: Supporter, wish: str) -> None:
    answer = supporter.browser.get("/", headers={"Accept-Language": wish})
    assert answer.location == "/en/eu-china-dialogue"


def test_her_own_text_in_another_language_is_hers_and_she_is_told(supporter: Supporter) -> None:
    form = supporter.form_after_preview(government="LU") | {"body": "Mon texte."}
    answer = supporter.post(form | {"letter_language": "de", "step": "preview"})
    assert "Your own text is not translated" in answer.text


def test_while_a_letter_is_handed_over_no_empty_story_stands_there(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign()
    with container.database.writing() as session:
        session.execute(update(LetterRow).values(state="claimed"))
    assert "What happened to it" not in supporter.browser.get(private).text


def test_a_fresh_link_that_was_asked_for_in_time_is_no_error(supporter: Supporter) -> None:
    private = supporter.sign()
    assert supporter.browser.post(f"{private}/fresh").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:secret@127.0.0.1:abc/x",
        "postgresql://:::",
        "postgresql://[::1",
        "sqlite:///",
        "sqlite:///:memory:",
    ],
)
def test_an_address_that_is_none_is_said_in_a_sentence_without_its_password(
    environ: dict[str, str], address: str
) -> None:
    with pytest.raises(SettingsError, match="CAMPAIGN_DATABASE_URL") as refused:
        build_container(load_settings(environ | {"CAMPAIGN_DATABASE_URL": address}))
    assert "secret" not in str(refused.value)
