"""A consent is read in one way, wherever a form carries it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.datastructures import MultiDict

from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS
from campaign.signing.forms.fields import read_consents
from tests.signing.test_private_page import only_signature

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.supporter import Supporter

NO = ["", "false", "False", " FALSE ", "0", "no", "No", "off", "n", "none", "null", "nein"]
YES = ["y", "Y", " yes", "true", "True", "on", "1"]

EITHER = pytest.mark.parametrize(
    ("said", "given"), [("", False), ("False", False), ("0", False), ("y", True), ("on", True)]
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Only how a form is read differs here, and no database reads one."""
    return sqlite_url


def test_what_is_a_yes_is_said_once_and_every_other_word_is_a_no() -> None:
    for said, given in [*((one, False) for one in NO), *((one, True) for one in YES)]:
        assert set(read_consents(MultiDict(all_say(said))).values()) == {given}, said
    assert set(read_consents(MultiDict()).values()) == {False}


def consents_of(container: Container) -> dict[str, bool]:
    row = only_signature(container)
    return {tick.value: getattr(row, tick) for tick in OPTIONAL_CONSENTS}


def all_say(said: str | list[str]) -> dict[str, Any]:
    return {tick.value: said for tick in OPTIONAL_CONSENTS}


def ticked(page: str) -> set[str]:
    """Return the names of the boxes that a page shows with a tick."""
    boxes = re.findall(r'<input type="checkbox"[^>]*>|<input[^>]*type="checkbox"[^>]*>', page)
    found = {re.search(r'name="([^"]+)"', box): " checked" in box for box in boxes}
    return {name.group(1) for name, is_ticked in found.items() if name and is_ticked}


@EITHER
def test_a_form_that_signs_says_yes_or_no_to_every_box(
    supporter: Supporter, container: Container, said: str, *, given: bool
) -> None:
    assert supporter.submit(**all_say(said))
    consents = consents_of(container)
    assert consents.pop("send_letter"), "she chose to write"
    assert set(consents.values()) == {given}


@pytest.mark.parametrize("choice", [{"choice": "sign"}, {"way": "own_mail"}, {"way": "print"}])
def test_what_concerns_letters_that_we_send_is_agreed_to_with_such_a_letter_only(
    supporter: Supporter, container: Container, choice: dict[str, str]
) -> None:
    supporter.submit(**all_say("y"), **choice)
    given = {name for name, is_given in consents_of(container).items() if is_given}
    assert given == {"show_name", "send_news"}


@EITHER
def test_the_preview_carries_every_box_on_as_it_was_ticked(
    supporter: Supporter, said: str, *, given: bool
) -> None:
    page = supporter.post(supporter.form(**all_say(said))).text
    boxes = {tick.value for tick in OPTIONAL_CONSENTS} - {"send_letter"}
    assert ticked(page) & boxes == (boxes if given else set())


@EITHER
def test_the_private_page_says_yes_or_no_to_every_consent(
    supporter: Supporter, container: Container, said: str, *, given: bool
) -> None:
    private = supporter.sign(**(all_say("y") if not given else {}))
    form = {"name": "Testa Example", "town": "", **all_say(said)}
    assert supporter.browser.post(f"{private}/correct", data=form).status_code == 303
    assert set(consents_of(container).values()) == {given}


@EITHER
def test_the_private_page_shows_the_ticks_again_after_a_fault(
    supporter: Supporter, said: str, *, given: bool
) -> None:
    private = supporter.sign()
    form = {"name": "", "town": "", **all_say(said)}
    page = supporter.browser.post(f"{private}/correct", data=form)
    assert page.status_code == 422
    assert ticked(page.text) == ({tick.value for tick in OPTIONAL_CONSENTS} if given else set())


@pytest.mark.parametrize("said", [["false", "y"], ["y", "false"]])
def test_a_consent_that_is_given_and_refused_in_one_form_is_refused(
    supporter: Supporter, container: Container, said: list[str]
) -> None:
    private = supporter.sign()
    form = {"name": "Testa Example", "town": "", **all_say(said)}
    assert supporter.browser.post(f"{private}/correct", data=form).status_code == 303
    assert set(consents_of(container).values()) == {False}
