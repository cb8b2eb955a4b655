"""Detours that people take between the two pages of the form, and faults they met there."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.publish import PublishRequest, publish
from campaign.campaigns.rules.wording import WordingChange
from campaign.settings.settings import SHIPPED_CAMPAIGNS
from tests.campaigns.bundle_editing import bundle_in
from tests.conftest import SLUG
from tests.supporter import ALL_DEMANDS, area_value, carried, hidden_value

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.test import TestResponse

    from campaign.container import Container
    from tests.supporter import Supporter


def edited(supporter: Supporter) -> dict[str, object]:
    """Return a second page on which the text was edited and then the government changed."""
    form = supporter.form_after_preview(government="BE", name="Ann One")
    return form | {"body": f"{form['body']}\n\nEdited.", "government": "HU", "name": "Ann Two"}


def test_nothing_is_sent_while_she_has_not_said_which_text_she_wants(
    supporter: Supporter,
) -> None:
    form = edited(supporter)
    for _ in range(3):
        asked = supporter.post(form | {"step": "send"})
        assert asked.status_code == 200
        assert "Which text do you want?" in asked.text
        form |= carried(asked)
    kept = supporter.post(form | {"step": "keep"})
    form |= carried(kept)
    assert supporter.post(form | {"step": "send"}).status_code == 303


def test_enter_only_shows_the_letter_again(supporter: Supporter) -> None:
    asked = supporter.post(edited(supporter) | {"step": "send"})
    first = re.search(r'<button[^>]*name="step" value="(\w+)"', asked.text)
    assert first
    assert first.group(1) == "preview"


def test_after_an_edit_the_two_letters_stand_apart_and_not_in_step(supporter: Supporter) -> None:
    form = supporter.form_after_preview(government="FR")
    form |= {"body": f"One more.\n\n{form['body']}", "step": "preview"}
    page = supporter.post(form).text
    assert page.count('<div class="theirs" lang="fr">') == 1
    assert page.count('<div class="own">') == 1


def test_a_faulty_text_stops_nobody_who_only_signs(supporter: Supporter) -> None:
    form = supporter.form_after_preview() | {"body": "", "step": "change"}
    back = supporter.post(form)
    assert 'href="#body"' not in back.text
    assert supporter.post(form | {"choice": "sign", "step": "next"}).status_code == 303


@pytest.mark.parametrize("hidden", [{"demands": []}, {"paragraph": "x" * 1501}])
def test_nothing_that_only_a_letter_has_stops_her_who_only_signs(
    supporter: Supporter, hidden: dict[str, object]
) -> None:
    form = supporter.form_after_preview(government="IE") | {
        f"place-{one}": "1" for one in ALL_DEMANDS
    }
    form |= hidden
    assert supporter.post(form | {"step": "change"}).status_code == 200
    assert supporter.post(form | {"choice": "sign", "step": "next"}).status_code == 303


def test_an_edit_survives_going_back_and_forth(supporter: Supporter) -> None:
    form = supporter.form_after_preview()
    form["body"] += "\n\nMine."
    back = supporter.post(form | {"step": "change"})
    form |= {"body": area_value(back, "body"), "basis": hidden_value(back, "basis")}
    assert area_value(supporter.post(form | {"step": "next"}), "body").endswith("Mine.")


def test_an_address_that_no_mail_can_carry_is_refused_at_the_field(supporter: Supporter) -> None:
    answer = supporter.post(supporter.form(email="=?utf-8?q?x?=@example.org"))
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text


@pytest.mark.parametrize(
    "name", ["bit.ly/abc", "t.me/spam", "see evil.it", "casino.bet", "evil\u3002com", "X.COM.ORG"]
)
def test_links_of_all_kinds_are_no_names(supporter: Supporter, name: str) -> None:
    assert supporter.post(supporter.form(name=name)).status_code == 422


@pytest.mark.parametrize("name", ["J.de Vries", "J.R.R. Example", "St.Info Example", "Dr. Testa"])
def test_names_with_dots_are_names(supporter: Supporter, name: str) -> None:
    assert supporter.post(supporter.form(name=name)).status_code == 200


@pytest.mark.parametrize("domain", ["mail.de", "hotmail.be", "outlook.be", "hotmail.nl"])
def test_another_countrys_provider_is_no_slip(supporter: Supporter, domain: str) -> None:
    preview = supporter.post(supporter.form(email=f"testa@{domain}"))
    assert "Did you mean" not in preview.text


def test_mailed_links_outlive_the_language_that_they_were_mailed_in(
    supporter: Supporter, container: Container, tmp_path: Path
) -> None:
    supporter.lang = "el"
    private = supporter.sign()
    supporter.submit(email="pending@example.org")
    mail = supporter.newest_mail("pending@example.org")
    smaller = tmp_path / "smaller"
    shutil.copytree(SHIPPED_CAMPAIGNS / SLUG, smaller)
    (smaller / "el.toml").unlink()
    facts = smaller / "campaign.toml"
    facts.write_text(facts.read_text().replace('el = "awaiting"\n', ""))
    stated = PublishRequest("Test", WordingChange.CORRECTION, "nobody reads it any more")
    with container.database.writing() as session:
        publish(session, bundle_in(smaller, container), stated, container.clock())
    assert supporter.browser.get(supporter.path()).location == f"/en/{SLUG}"
    assert supporter.browser.get(private).status_code == 200
    assert supporter.browser.get(mail.link("stop")).status_code == 200
    done = supporter.browser.post(mail.link("confirm"))
    assert done.status_code == 303
    assert supporter.browser.get(done.location).status_code == 200
    assert supporter.browser.post(f"{private}/withdraw").status_code == 303


def demands_of(page: TestResponse) -> list[str]:
    return re.findall(r'name="place-(\w+)"', page.text)


def move(supporter: Supporter, form: dict[str, object], **places: int) -> TestResponse:
    """Change some places as a page shows them, in its order, and show the letter again."""
    shown = demands_of(supporter.post(form | {"step": "preview"}))
    for key in shown:
        form.pop(f"place-{key}", None)
    form |= {f"place-{key}": str(places.get(key, n)) for n, key in enumerate(shown, 1)}
    return supporter.post(form | {"step": "preview"})


def test_each_demand_takes_the_place_it_is_moved_to_again_and_again(
    supporter: Supporter,
) -> None:
    form: dict[str, object] = supporter.form_after_preview(government="IE")
    one, two, three, four, five, six = ALL_DEMANDS
    steps = [
        ({four: 1}, [four, one, two, three, five, six]),
        ({six: 1}, [six, four, one, two, three, five]),
        ({five: 2}, [six, five, four, one, two, three]),
        ({six: 4}, [five, four, one, six, two, three]),
        ({five: 6}, [four, one, six, two, three, five]),
    ]
    for places, wanted in steps:
        page = move(supporter, form, **places)
        assert demands_of(page) == wanted
        assert re.findall(r"<option selected>(\d)", page.text) == list("123456")


@pytest.mark.parametrize(("ticked", "letters"), [("y", 1), (None, 0)])
def test_a_preview_that_the_version_before_showed_signs_as_its_box_says(
    supporter: Supporter, ticked: str | None, letters: int
) -> None:
    form = supporter.form_after_preview(government="IE", send_letter=ticked)
    for name in ("choice", "shown_paragraph", "shown_town"):
        del form[name]
    assert supporter.post(form).status_code == 303
    supporter.confirm()
    supporter.deliver()
    assert len(supporter.letters()) == letters


@pytest.mark.parametrize("step", ["preview", "keep", "anew", "garbage"])
def test_a_button_that_only_shows_signs_nothing(supporter: Supporter, step: str) -> None:
    form = supporter.form(choice="sign", step=step)
    signs = step == "garbage"
    assert (supporter.post(form).status_code == 303) is signs
    supporter.deliver()
    assert len(supporter.mails()) == signs
