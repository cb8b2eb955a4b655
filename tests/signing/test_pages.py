"""Sign, preview, confirm, as a visitor does it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.signatures.rows import SignatureRow
from tests.supporter import ALL_DEMANDS, area_value, hidden_value

if TYPE_CHECKING:
    from campaign.campaigns.rules.campaign import Campaign
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


def listed(page: str) -> list[str]:
    """Return the fields that a page's summary of errors leads to."""
    found = re.findall(r'<a href="#(\w+)">', page[page.index("error-summary") :])
    assert found == sorted(found, key=lambda name: page.index(f' id="{name}"'))
    return found


def test_what_is_wrong_is_listed_in_the_order_of_the_fields(supporter: Supporter) -> None:
    faulty = {"name": "", "email": "", "government": "", "choice": "", "town": "1"}
    page = supporter.post(supporter.form(**faulty, revision="")).text
    assert listed(page) == ["name", "email", "government", "choice", "town"]


def test_what_is_wrong_with_the_letter_is_listed_on_the_preview(supporter: Supporter) -> None:
    faulty = {"town": "1", "demands": "none", "paragraph": "x" * 1_501}
    page = supporter.post(supporter.form(**faulty)).text
    assert listed(page) == ["paragraph", "town", "demands"]


def test_nothing_is_chosen_in_her_name_and_a_choice_is_required(supporter: Supporter) -> None:
    page = supporter.browser.get(supporter.path()).text
    assert not re.search(r"<(?:input|option)[^>]* (?:checked|selected)", page)
    answer = supporter.post(supporter.form(choice=""))
    assert answer.status_code == 422
    assert "Choose whether you want to write to your government or only sign." in answer.text


@pytest.mark.asvs("2.3.1")
def test_a_signature_counts_when_it_is_confirmed_and_not_before(supporter: Supporter) -> None:
    supporter.submit()
    assert supporter.count() == 0
    supporter.confirm()
    assert supporter.count() == 1


def test_confirming_sends_the_letter_to_the_chosen_ministry(supporter: Supporter) -> None:
    supporter.sign(government="GR")
    supporter.deliver()
    (letter,) = supporter.letters()
    assert letter.to == "gr@ministry.example"
    assert letter.message["Content-Language"] == "el"
    assert "contact@example.org" in letter.text.partition("\n-- \n")[2]
    assert "Testa Example" in letter.text


def test_the_letter_leaves_exactly_as_it_was_previewed(supporter: Supporter) -> None:
    form = supporter.form_after_preview(government="IE", paragraph="My own words.\n\nTwice.")
    text = form["body"]
    form["subject"] = "A subject of my own"
    assert supporter.post(form).status_code == 303
    supporter.confirm()
    supporter.deliver()
    (letter,) = supporter.letters()
    assert letter.message["Subject"] == "A subject of my own"
    assert letter.text.startswith(f"Dear Minister,\n\n{text}\n\n-- \n")


def test_a_supporter_sees_her_letter_in_the_ministrys_language_beside_her_own(
    supporter: Supporter,
) -> None:
    preview = supporter.post(supporter.form(step="preview", government="FR"))
    assert "Madame la Ministre, Monsieur le Ministre," in preview.text
    assert "Dear Minister," in preview.text


def test_demands_stand_in_the_order_that_she_chose(supporter: Supporter, shipped: Campaign) -> None:
    preview = supporter.post(
        supporter.form(
            step="preview",
            demands=["report", "un", "open"],
            **{"place-un": "1", "place-report": "6"},
        )
    )
    body = area_value(preview, "body")
    pieces = shipped.words_in("de").letter.demands
    places = {
        key: body.index(text) for key in pieces for text in pieces[key].values() if text in body
    }
    assert sorted(places, key=places.__getitem__) == ["un", "open", "report"]


def test_who_only_signs_is_counted_and_no_letter_is_written(
    supporter: Supporter,
) -> None:
    supporter.sign(choice="sign")
    supporter.deliver()
    assert supporter.count() == 1
    assert supporter.letters() == []


@pytest.mark.asvs("2.2.1", "2.2.2")
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "Enter your name."),
        ("name", "1234", "A name must contain at least one letter."),
        ("name", "Buy at www.example.org", "Links, e-mail addresses and phone numbers are not"),
        ("name", "Call 0900 123456 now", "Links, e-mail addresses and phone numbers are not"),
        ("town", "t.me/example", "Links, e-mail addresses and phone numbers are not"),
        ("town", "1000", "The name of a town must contain at least one letter."),
        ("name", "x" * 121, "too long"),
        ("name", "=?utf-8?q?A=0D=0AX?=", "=?"),
        ("name", "Z" + "\u0316" * 5, "too many accents"),
        ("email", "", "Enter your e-mail address"),
        ("email", "testa@localhost", "not a valid e-mail address"),
        ("email", "тест@example.org", "not a valid e-mail address"),
        ("government", "", "Choose the government"),
        ("government", "GB", "Choose the government"),
        ("government", "XX", "Choose the government"),
        ("demands", [], "Choose at least one demand."),
        ("paragraph", "x" * 1501, "too long: it has 1,501 characters"),
    ],
)
def test_a_fault_is_said_at_its_field_and_nothing_typed_is_lost(
    supporter: Supporter, field: str, value: str | list[str], message: str
) -> None:
    changes: dict[str, object] = {"paragraph": "Words that stay.", "town": "Exampletown"}
    changes |= {field: value, "place-un": "1"}
    if field == "town":
        changes["choice"] = "sign"
    response = supporter.post(supporter.form(**changes))
    assert response.status_code == 422
    assert message in response.text
    assert f'href="#{field}"' in response.text
    if field != "town":
        assert "Exampletown" in response.text
    assert "Error:" in response.text
    if field != "paragraph":
        assert "Words that stay." in response.text


@pytest.mark.parametrize(
    "name",
    [
        "Plato",
        "Anne-Marie O’Neill",
        "D'Arcy",
        "Ελένη Παπαδοπούλου",
        "Иван Петров",
        "Ġorġ Żammit",
        "Seán Ó Súilleabháin",
    ],
)
def test_names_of_many_kinds_are_accepted_and_kept_as_typed(
    supporter: Supporter, name: str
) -> None:
    private = supporter.sign(name=name)
    assert name in supporter.browser.get(private).text.replace("&#39;", "'")


@pytest.mark.asvs("1.3.7", "1.3.10")
@pytest.mark.parametrize("typed", ["{{7*7}}", "%s %(x)s", "$name $government", "{0.__class__}"])
def test_what_she_types_arrives_as_typed(supporter: Supporter, typed: str) -> None:
    supporter.sign(paragraph=f"Before {typed} after")
    supporter.deliver()
    (letter,) = supporter.letters()
    assert f"Before {typed} after" in letter.text


def test_a_stamp_older_than_a_day_loses_nothing(supporter: Supporter, clock: Clock) -> None:
    form = supporter.form(paragraph="An hour of writing.")
    clock.advance(hours=25)
    response = supporter.post(form)
    assert response.status_code == 422
    assert "open for a long time" in response.text
    assert "An hour of writing." in response.text
    again = supporter.post(form | {"stamp": hidden_value(response, "stamp")})
    assert again.status_code == 200
    assert "An hour of writing." in again.text


def test_an_expired_stamp_keeps_an_edited_letter(supporter: Supporter, clock: Clock) -> None:
    form = supporter.form_after_preview()
    form |= {
        "subject": "Edited",
        "body": "A text that I wrote myself.",
        "step": "send",
    }
    clock.advance(days=2)
    response = supporter.post(form)
    assert response.status_code == 422
    assert area_value(response, "body") == "A text that I wrote myself."


def test_after_an_edit_a_change_of_demands_asks_which_text_she_wants(
    supporter: Supporter,
) -> None:
    form = supporter.form_after_preview()
    form |= {
        "subject": "Mine",
        "body": "Only mine.",
        "demands": ["un"],
        "step": "send",
    }
    asked = supporter.post(form)
    assert asked.status_code == 200
    assert "Which text do you want?" in asked.text
    kept = supporter.post(form | {"step": "keep"})
    assert area_value(kept, "body") == "Only mine."
    anew = supporter.post(form | {"step": "anew"})
    assert area_value(anew, "body") != "Only mine."


def test_change_brings_the_form_back_with_everything_in_it(supporter: Supporter) -> None:
    form = supporter.form_after_preview(demands=["un"], name="Testa Two", show_name="y")
    back = supporter.post(form | {"step": "change", "paragraph": "My own."})
    assert back.status_code == 200
    assert 'value="Testa Two"' in back.text
    assert re.findall(r'<input id="([\w-]+)"[^>]* checked', back.text) == [
        "choice-write",
        "show_name",
    ]
    again = supporter.post(form | {"step": "next", "paragraph": area_value(back, "paragraph")})
    assert area_value(again, "paragraph") == "My own."
    assert re.findall(r'id="demand-(\w+)"[^>]* checked', again.text) == ["un"]


def test_a_slip_in_a_well_known_mail_domain_is_pointed_out(supporter: Supporter) -> None:
    preview = supporter.post(supporter.form(step="preview", email="testa@gmial.com"))
    assert "Did you mean testa@gmail.com?" in preview.text


def test_the_same_form_sent_twice_is_one_submission(supporter: Supporter) -> None:
    form = supporter.form_after_preview()
    first, second = supporter.post(form), supporter.post(form)
    assert first.status_code == second.status_code == 303
    supporter.deliver()
    assert len(supporter.mails()) == 1


def test_the_same_stamp_with_another_address_is_another_submission(supporter: Supporter) -> None:
    form = supporter.form_after_preview()
    supporter.post(form)
    supporter.post(form | {"email": "other@example.org"})
    supporter.deliver()
    assert {mail.to for mail in supporter.mails()} == {"testa@example.org", "other@example.org"}


def test_the_mail_quotes_nothing_that_was_typed(supporter: Supporter) -> None:
    supporter.submit(name="Cheap Pills", town="Spamtown", paragraph="Buy now")
    mail = supporter.newest_mail()
    whole = mail.message.as_string()
    assert not any(word in whole for word in ("Cheap", "Spamtown", "Buy now"))
    assert "EU-China human rights dialogue" in mail.message["Subject"]


def test_a_supporter_page_sets_no_cookie(supporter: Supporter) -> None:
    check = supporter.submit()
    for path in (supporter.path(), supporter.path("/sign"), check):
        assert "Set-Cookie" not in supporter.browser.get(path).headers


def test_a_country_code_of_the_eu_is_understood(supporter: Supporter) -> None:
    page = supporter.browser.get(supporter.path("?government=EL"))
    assert '<option value="GR" selected>' in page.text


def test_every_demand_is_ticked_at_first(supporter: Supporter) -> None:
    page = supporter.post(supporter.form(demands=None)).text
    assert re.findall(r'id="demand-(\w+)"[^>]* checked', page) == list(ALL_DEMANDS)


@pytest.mark.asvs("2.3.1")
@pytest.mark.parametrize("missing", ["body", "subject", "basis"])
def test_nothing_is_signed_with_a_letter_that_was_not_shown(
    supporter: Supporter, missing: str
) -> None:
    form = supporter.form_after_preview()
    del form[missing]
    answer = supporter.post(form)
    assert answer.status_code in {200, 422}
    supporter.deliver()
    assert supporter.mails() == []


@pytest.mark.parametrize("said", ["", "false"])
def test_a_tick_that_a_program_sends_as_false_is_not_agreed_to(
    supporter: Supporter, container: Container, said: str
) -> None:
    supporter.submit(show_name=said, send_news=said)
    with container.database.reading() as session:
        row = session.scalars(select(SignatureRow)).one()
    assert (row.send_letter, row.show_name, row.send_news) == (True, False, False)
