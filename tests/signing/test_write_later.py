"""Who only signed can write her letter afterwards, from the thanks page or her private page."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from campaign.campaigns.rules.campaign import Consent
from campaign.campaigns.serialization import words_digest
from campaign.errors import NoLongerPossible
from campaign.letters import held_letters
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.moderation.hold import hold_one
from campaign.organisers.rules.audit_log import Justification
from campaign.signatures.queries import signatures
from campaign.signatures.rows import ConsentRow, SignatureRow
from campaign.signatures.rules.signature import Person
from campaign.signing.private_page import AddedLetters, add_letters
from tests.helpers.campaign_facts import set_fact
from tests.helpers.campaigns import loaded_campaign
from tests.supporter import area_value, carried

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.supporter import Supporter

WRITE = "Write the letter now"


def letter_now(supporter: Supporter, private: str, **changes: Any) -> dict[str, Any]:
    """Press the button, change what is shown, and return the form that is sent last."""
    preview = supporter.browser.post(f"{private}/write")
    assert preview.status_code == 200, preview.text
    assert f'action="{private}/write"' in preview.text
    return carried(preview) | {"revision": "", "step": "send"} | revision(preview.text) | changes


def revision(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(revision)" value="(\w+)"', page))


def test_both_pages_offer_it_to_whom_only_signed(supporter: Supporter) -> None:
    private = supporter.sign(choice="sign")
    for path in (private, private.replace("/private/", "/done/")):
        assert WRITE in supporter.browser.get(path).text
    written = supporter.sign(email="writer@example.org")
    for path in (written, written.replace("/private/", "/done/")):
        assert WRITE not in supporter.browser.get(path).text


def test_her_letter_leaves_without_another_mail(supporter: Supporter, container: Container) -> None:
    private = supporter.sign(choice="sign", government="IE", show_name="y")
    form = letter_now(supporter, private, paragraph="Mine.", town="Cork", show_name="y")
    answer = supporter.browser.post(f"{private}/write", data=form)
    assert answer.status_code == 303
    assert "/done/" in answer.location
    supporter.deliver()
    (letter,) = supporter.letters()
    assert "\n\nMine.\n\n" in letter.text
    assert "Testa Example\nCork" in letter.text
    assert len(supporter.mails()) == 1
    assert supporter.count() == 1
    with container.database.reading() as session:
        row = session.scalars(select(SignatureRow)).one()
        assert (row.send_letter, row.show_name) == (True, True)
        said = [one.purpose.value for one in session.scalars(select(ConsentRow))]
        assert said.count("send_letter") == 1
        assert said.count("show_name") == 1, "it was given before"


def test_two_clicks_are_one_letter(supporter: Supporter) -> None:
    private = supporter.sign(choice="sign", government="IE")
    form = letter_now(supporter, private)
    places = [supporter.browser.post(f"{private}/write", data=form).location for _ in range(2)]
    assert places == [private.replace("/private/", "/done/"), private]
    supporter.deliver()
    assert len(supporter.letters()) == 1


def test_a_letter_that_she_has_not_seen_is_shown_first(supporter: Supporter) -> None:
    private = supporter.sign(choice="sign", government="IE")
    form = letter_now(supporter, private, **{"demands": ["un"], "place-un": "1"})
    again = supporter.browser.post(f"{private}/write", data=form)
    assert again.status_code == 200
    assert "Your letter has changed." in again.text
    supporter.deliver()
    assert supporter.letters() == []


@pytest.mark.parametrize("way", ["own_mail", "print"])
def test_she_may_send_it_herself_and_then_agrees_to_nothing(
    supporter: Supporter, container: Container, way: str
) -> None:
    private = supporter.sign(choice="sign", government="IE")
    form = letter_now(supporter, private, way=way)
    assert supporter.browser.post(f"{private}/write", data=form).status_code == 303
    with container.database.reading() as session:
        assert session.scalars(select(LetterRow.state)).one() is LetterState.DRAFT
        assert not session.scalars(select(SignatureRow.send_letter)).one()


def test_nobody_writes_in_anothers_name_or_to_another_government(supporter: Supporter) -> None:
    private = supporter.sign(choice="sign", government="IE")
    forged = {"name": "Somebody Else", "government": "DE", "email": "else@example.org"}
    form = letter_now(supporter, private, **forged)
    assert supporter.browser.post(f"{private}/write", data=form).status_code == 303
    supporter.deliver()
    (letter,) = supporter.letters()
    assert letter.to == "ie@ministry.example"
    assert "Testa Example" in letter.text
    assert "Somebody Else" not in letter.text


def test_a_box_that_she_unticks_is_taken_back_and_told_to_the_ledger(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(choice="sign", government="IE", send_news="y")
    shown = supporter.browser.post(f"{private}/write").text
    assert re.search(r'id="send_news"[^>]* checked', shown)
    supporter.browser.post(f"{private}/write", data=letter_now(supporter, private))
    with container.database.reading() as session:
        assert not session.scalars(select(SignatureRow.send_news)).one()
    ledger = (container.settings.instance / "erased.ledger").read_text()
    assert "send_news" in ledger


def test_the_letter_of_a_held_signature_waits_with_it(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(choice="sign", government="IE")
    with container.database.writing() as session:
        row = session.scalars(select(SignatureRow)).one()
        hold_one(session, row.id, Justification("Test", "looks odd"), container.clock())
    form = letter_now(supporter, private)
    assert supporter.browser.post(f"{private}/write", data=form).status_code == 303
    supporter.deliver()
    assert supporter.letters() == []
    with container.database.reading() as session:
        row = session.scalars(select(SignatureRow)).one()
        (letter,) = held_letters.open_held(container.keyring, row)
        assert letter.state is LetterState.WAITING


@pytest.mark.parametrize("ended", ["withdrawn", "closed"])
def test_when_it_is_over_there_is_no_letter_to_write(
    supporter: Supporter, container: Container, ended: str
) -> None:
    private = supporter.sign(choice="sign", government="IE")
    if ended == "withdrawn":
        supporter.browser.post(f"{private}/withdraw")
    else:
        set_fact(container, "closes_on", "2001-01-01")
    assert WRITE not in supporter.browser.get(private).text
    assert supporter.browser.post(f"{private}/write").status_code == (
        303 if ended == "withdrawn" else 410
    )
    supporter.deliver()
    assert supporter.letters() == []


def test_the_preview_keeps_its_place_and_her_text_in_another_language(
    supporter: Supporter,
) -> None:
    private = supporter.sign(choice="sign", government="IE")
    form = letter_now(supporter, private, paragraph="Mine.", step="preview")
    page = supporter.browser.post(f"{private}/write", data=form).text
    german = private.replace("/en/", "/de/")
    assert f'formaction="{german}/write#sign"' in page
    answer = supporter.browser.post(f"{german}/write", data=form)
    assert '<html lang="de">' in answer.text
    assert area_value(answer, "paragraph") == "Mine."


def test_what_sending_means_is_where_she_presses(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(choice="sign", government="IE")
    preview = supporter.browser.post(f"{private}/write").text
    words = loaded_campaign(container).campaign.words_in("en").consents["send_letter"]
    assert words in unescape(preview)
    supporter.browser.post(f"{private}/write", data=letter_now(supporter, private))
    with container.database.reading() as session:
        of = ConsentRow.purpose == Consent.SEND_LETTER
        assert session.scalars(select(ConsentRow.words_digest).where(of)).one() == words_digest(
            words
        )


def test_a_name_that_newer_rules_would_refuse_can_write(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(choice="sign", government="IE")
    with container.database.writing() as session:
        row = session.scalars(select(SignatureRow)).one()
        signatures.set_person(row, container.keyring, Person("1234", "testa@example.org"))
    form = letter_now(supporter, private)
    answer = supporter.browser.post(f"{private}/write", data=form)
    assert answer.status_code == 303
    assert "/done/" in answer.location


def test_a_name_corrected_meanwhile_is_kept(supporter: Supporter, container: Container) -> None:
    supporter.sign(choice="sign", government="IE")
    loaded = loaded_campaign(container)
    before = Person("Testa Before", "testa@example.org")
    added = AddedLetters(loaded, [], before, {}, loaded.campaign.words_in("en"))
    with container.database.writing() as session:
        signature_id = session.scalars(select(SignatureRow.id)).one()
        with pytest.raises(NoLongerPossible):
            add_letters(
                session,
                container.keyring,
                container.ledger,
                signature_id,
                added,
                live=False,
                now=container.clock(),
            )


def test_clicks_at_the_same_moment_lead_to_the_same_page(supporter: Supporter, app: Flask) -> None:
    private = supporter.sign(choice="sign", government="IE")
    form = letter_now(supporter, private)
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(
            lambda _: app.test_client().post(f"{private}/write", data=form), range(4)
        )
    assert {answer.status_code for answer in answers} == {303}
    supporter.deliver()
    assert len(supporter.letters()) == 1


def test_a_letter_with_the_name_before_its_correction_is_shown_with_the_new_one(
    supporter: Supporter,
) -> None:
    private = supporter.sign(choice="sign", government="IE")
    form = letter_now(supporter, private, paragraph="Mine.")
    supporter.browser.post(f"{private}/correct", data={"name": "Testa Corrected"})
    answer = supporter.browser.post(f"{private}/write", data=form)
    assert answer.status_code == 200
    assert "Testa Corrected" in area_value(answer, "body")
    assert area_value(answer, "paragraph") == "Mine."
    supporter.deliver()
    assert supporter.letters() == []


def test_what_she_wrote_does_not_vanish_without_a_word(supporter: Supporter) -> None:
    private = supporter.sign(choice="sign", government="IE")
    form = letter_now(supporter, private, paragraph="Mine.")
    supporter.browser.post(f"{private}/withdraw")
    answer = supporter.browser.post(f"{private}/write", data=form)
    assert answer.status_code == 409
    assert "This can no longer be changed" in answer.text
