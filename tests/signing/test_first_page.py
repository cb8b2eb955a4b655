"""The beginning of the form on the letter's page, which is the same for everybody."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SUBMISSION_HASH_LIFETIME, HoldReason
from campaign.signing.forms.form_token import FORM_TOKEN_LIFETIME
from tests.supporter import ALL_DEMANDS, area_value, carried, hidden_value

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


def signatures(container: Container) -> list[SignatureRow]:
    with container.database.reading() as session:
        return list(session.scalars(select(SignatureRow).order_by(SignatureRow.created_at)))


def test_who_only_signs_has_three_pages_and_two_presses(supporter: Supporter) -> None:
    answer = supporter.post(supporter.form(choice="sign"))
    assert answer.status_code == 303
    assert "/check/" in answer.location
    code = {"code": supporter.newest_mail().code}
    assert "/done/" in supporter.browser.post(answer.location, data=code).location
    assert supporter.count() == 1


def test_what_somebody_signs_is_on_the_page_that_she_signs_from(
    supporter: Supporter, container: Container
) -> None:
    with container.database.reading() as session:
        words = container.campaign_cache.by_slug(session, supporter.slug).campaign.words_in("en")
    faulty = supporter.post(supporter.form(choice="sign", name=""))
    for page in (supporter.browser.get(supporter.path()), faulty):
        for demand in words.demands.values():
            assert demand.heading in page.text
            assert demand.text in page.text


def test_two_who_sign_from_one_kept_page_are_two(
    supporter: Supporter, container: Container
) -> None:
    form = supporter.form(choice="sign")
    for email in ("first@example.org", "second@example.org"):
        assert supporter.post(form | {"email": email}).status_code == 303
    first, second = signatures(container)
    assert first.id != second.id


def test_two_clicks_on_a_shared_page_are_one_submission(
    supporter: Supporter, container: Container
) -> None:
    form = supporter.form(choice="sign", show_name="y", town="Exampletown")
    pages = [supporter.post(form).location for _ in range(3)]
    supporter.deliver()
    assert len(signatures(container)) == 1
    assert len(supporter.mails()) == 1
    code = {"code": supporter.newest_mail().code}
    assert "/done/" in supporter.browser.post(pages[-1], data=code).location


def test_two_clicks_at_the_same_moment_are_one_submission(
    supporter: Supporter, container: Container
) -> None:
    form, app, statuses = supporter.form(choice="sign"), supporter.browser.application, []

    def click() -> None:
        answer = app.test_client().post(supporter.path("/sign"), data=form)
        statuses.append(answer.status_code)

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert statuses == [303] * 4
    assert len(signatures(container)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Testa Other"},
        {"email": "other@example.org"},
        {"government": "FR"},
        {"town": "Otherville"},
        {"show_name": "y"},
        {"source": "newsletter"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_second_click_with_anything_changed_is_another_submission(
    supporter: Supporter, container: Container, change: dict[str, str]
) -> None:
    form = supporter.form(choice="sign")
    supporter.post(form)
    supporter.post(form | change)
    assert len(signatures(container)) == 2


def test_who_withdrew_may_sign_again_from_the_page_that_is_still_open(
    supporter: Supporter, container: Container
) -> None:
    form = supporter.form(choice="sign")
    supporter.post(form)
    private = supporter.confirm().replace("/done/", "/private/")
    supporter.browser.post(f"{private}/withdraw")
    assert supporter.count() == 0
    supporter.post(form)
    supporter.confirm()
    assert supporter.count() == 1
    assert len(signatures(container)) == 2


def test_what_tells_a_second_click_is_gone_after_a_day_and_with_everything_else(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.submit(choice="sign")
    supporter.submit(choice="sign", email="second@example.org")
    private = supporter.confirm("second@example.org").replace("/done/", "/private/")
    assert all(row.submission_hash for row in signatures(container))
    supporter.browser.post(f"{private}/delete")
    assert [bool(row.submission_hash) for row in signatures(container)] == [True, False]
    assert SUBMISSION_HASH_LIFETIME >= FORM_TOKEN_LIFETIME
    clock.now += SUBMISSION_HASH_LIFETIME + timedelta(seconds=1)
    supporter.worker.run_housekeeping()
    assert not any(row.submission_hash for row in signatures(container))


def test_who_comes_back_after_a_fault_has_a_token_of_her_own(
    supporter: Supporter, container: Container
) -> None:
    form = supporter.form(choice="sign", name="")
    faulty = supporter.post(form)
    again = form | {"name": "Testa Example", "stamp": hidden_value(faulty, "stamp")}
    for _ in range(2):
        assert supporter.post(again).status_code == 303
    (row,) = signatures(container)
    assert row.submission_hash is None


class TestWhenItWasFilledInTooFast:
    """`CAMPAIGN_FORM_SECONDS` counts from the page, whether she sees a preview or not."""

    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"CAMPAIGN_FORM_SECONDS": "3"}

    def test_who_sends_an_old_page_again_is_no_program(
        self, supporter: Supporter, container: Container, clock: Clock
    ) -> None:
        form = supporter.form(choice="sign")
        clock.advance(hours=25)
        asked = supporter.post(form)
        assert asked.status_code == 422
        clock.advance(seconds=1)
        again = supporter.post(form | {"stamp": hidden_value(asked, "stamp")})
        assert again.status_code == 303
        with container.database.reading() as session:
            assert session.scalars(select(SignatureRow.held_for)).one() is None

    @pytest.mark.parametrize("choice", ["write", "sign"])
    @pytest.mark.parametrize(("seconds", "held"), [(1, HoldReason.TOO_FAST), (4, None)])
    def test_it_is_held(
        self,
        supporter: Supporter,
        container: Container,
        clock: Clock,
        choice: str,
        seconds: int,
        held: HoldReason | None,
    ) -> None:
        form = supporter.form(choice=choice)
        clock.advance(seconds=seconds)
        answer = supporter.post(form)
        if choice == "write":
            answer = supporter.post(form | carried(answer) | {"step": "send"})
        assert answer.status_code == 303
        (row,) = signatures(container)
        assert row.held_for is held


def test_two_who_write_from_one_kept_page_have_letters_of_their_own(
    supporter: Supporter,
) -> None:
    form = supporter.form(government="IE")
    tokens = {hidden_value(supporter.post(form), "stamp") for _ in range(5)}
    assert len(tokens) == 5
    assert len({area_value(supporter.post(form), "body") for _ in range(12)}) > 1


def test_an_older_link_to_the_form_leads_to_the_letters_page(supporter: Supporter) -> None:
    answer = supporter.browser.get(supporter.path("/sign?government=EL&source=newsletter"))
    assert answer.status_code == 303
    assert answer.location == supporter.path("?government=GR&source=newsletter#sign")


def test_her_own_consents_and_town_are_kept_by_a_fault(supporter: Supporter) -> None:
    form = supporter.form(choice="sign", name="", town="Exampletown", send_news="y")
    page = supporter.post(form).text
    assert re.findall(r'<input id="([\w-]+)"[^>]* checked', page) == ["choice-sign", "send_news"]
    assert 'value="Exampletown"' in page


@pytest.mark.parametrize("step", ["change", "preview"])
def test_another_language_keeps_everything_that_was_typed(supporter: Supporter, step: str) -> None:
    form = supporter.form_after_preview(government="IE", name="Testa Two", town="Cork")
    form |= {"paragraph": "Mine.", "demands": ["un"], "step": step}
    answer = supporter.post(form)
    assert answer.status_code == 200
    pattern = r'<button form="sign" formaction="([^"]+)#sign" name="step" value="(\w+)" lang="de"'
    found = re.search(pattern, answer.text)
    assert found
    assert found.groups() == (f"/de/{supporter.slug}/sign", step)
    german = supporter.browser.post(found.group(1), data=form)
    assert german.status_code == 200
    assert '<html lang="de">' in german.text
    assert 'value="Testa Two"' in german.text
    assert 'value="Cork"' in german.text
    assert area_value(german, "paragraph") == "Mine."
    mark = "" if step == "change" else " checked"
    assert re.findall(rf'name="demands"[^>]* value="(\w+)"{mark}>', german.text) == ["un"]


def test_a_form_that_nobody_touched_changes_its_language_by_a_link(supporter: Supporter) -> None:
    page = supporter.browser.get(supporter.path()).text
    assert f'<a href="/de/{supporter.slug}" lang="de"' in page
    assert f'formaction="/de/{supporter.slug}/sign#sign"' in page


def test_the_language_menu_is_there_after_a_wrong_code(supporter: Supporter) -> None:
    check = supporter.submit()
    answer = supporter.browser.post(check, data={"code": "000000"})
    assert answer.status_code == 422
    assert f'href="{check.replace("/en/", "/de/")}" lang="de"' in answer.text


class TestTypedInTheLetter:
    """Of a letter that she did not edit, what she types in its place is seen where it will be."""

    def test_her_paragraph_and_town_are_signed_with_one_press(self, supporter: Supporter) -> None:
        form = supporter.form_after_preview(government="IE")
        typed = {"paragraph": "Because it matters.\r\n\r\nTwice.", "town": "Exampletown"}
        assert supporter.post(form | typed).status_code == 303
        supporter.confirm()
        supporter.deliver()
        (letter,) = supporter.letters()
        body = letter.text.partition("\n-- \n")[0].rstrip()
        assert "\n\nBecause it matters.\n\nTwice.\n\n" in body
        assert body.endswith("Testa Example\nExampletown")

    def test_it_may_be_changed_and_taken_out_again(self, supporter: Supporter) -> None:
        form = supporter.form_after_preview(government="IE", paragraph="One.", town="Town")
        assert supporter.post(form | {"paragraph": "", "town": ""}).status_code == 303
        supporter.confirm()
        supporter.deliver()
        (letter,) = supporter.letters()
        assert "One." not in letter.text
        assert "Testa Example\nTown" not in letter.text

    @pytest.mark.parametrize(
        "change",
        [{"demands": ["un"]}, {"turn-opening": "1"}, {"shown_paragraph": "Not shown."}],
        ids=["demands", "words", "forged"],
    )
    def test_with_anything_else_changed_she_sees_it_first(
        self, supporter: Supporter, change: dict[str, Any]
    ) -> None:
        form = supporter.form_after_preview(government="IE", demands=list(ALL_DEMANDS))
        answer = supporter.post(form | change | {"paragraph": "Mine."})
        assert answer.status_code == 200
        assert "Your letter has changed. Read it, and then sign." in answer.text
        again = form | change | carried(answer) | {"paragraph": "Mine."}
        assert supporter.post(again).status_code == 303

    def test_a_paragraph_that_cannot_be_taken_is_said_at_its_place(
        self, supporter: Supporter
    ) -> None:
        form = supporter.form_after_preview(government="IE")
        answer = supporter.post(form | {"paragraph": "x" * 1_501})
        assert answer.status_code == 422
        assert 'href="#paragraph"' in answer.text

    def test_an_edited_letter_is_asked_about(self, supporter: Supporter) -> None:
        form = supporter.form_after_preview(government="IE")
        form["body"] += "\n\nEdited."
        answer = supporter.post(form | {"paragraph": "Mine."})
        assert "Which text do you want?" in answer.text


def test_what_somebody_typed_is_on_no_page_that_is_kept(supporter: Supporter) -> None:
    faulty = supporter.post(supporter.form(choice="sign", name="Testa Secret", email=""))
    assert "Testa Secret" in faulty.text
    assert faulty.headers["Cache-Control"] == "no-store"
    page = supporter.browser.get(supporter.path())
    assert "Testa Secret" not in page.text
    assert page.headers["Cache-Control"].startswith("public")
