"""A campaign that writes to several offices: a letter to each, or to the one that she chooses."""

from __future__ import annotations

import re
import shutil
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.moderation.hold import release
from campaign.organisers.rules.audit_log import Justification
from campaign.recipients.verify import AddressCheck
from campaign.settings.settings import BASE_DIR, SHIPPED_CAMPAIGNS
from campaign.signatures.rows import SignatureRow
from tests.helpers.digests import enable_digest
from tests.helpers.inbound import receive
from tests.helpers.incoming_messages import bounce_report
from tests.helpers.verifying import verify
from tests.organiser import sign_in_organiser
from tests.supporter import Supporter, area_value

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker
    from tests.clock import Clock

SLUG, SHIPPED = "clean-rivers", "eu-china-dialogue"
ENVIRONMENT, CHANCELLERY = "DE/environment", "DE/head-of-government"
DESKS = {ENVIRONMENT: "de@environment.example", CHANCELLERY: "de@head-of-government.example"}
CHECK = AddressCheck("Tester", "made up")
CAUSE = Justification("Ada Example", "a look at it")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return shutil.copytree(BASE_DIR / "tests" / "bundles" / "rivers", tmp_path / "both" / "rivers")


@pytest.fixture
def environ(environ: dict[str, str], bundle: Path) -> dict[str, str]:
    """A site with a campaign that writes to two offices, beside the shipped one."""
    shutil.copytree(SHIPPED_CAMPAIGNS / SHIPPED, bundle.parent / SHIPPED)
    return environ | {"CAMPAIGN_CAMPAIGNS": str(bundle.parent)}


@pytest.fixture
def supporter(app: Flask, worker: Worker, transport: MemoryTransport) -> Supporter:
    return Supporter(app.test_client(), worker, transport, SLUG)


@pytest.fixture
def live(live: tuple[Supporter, Container]) -> Supporter:
    supporter, _ = live
    supporter.slug = SLUG
    return supporter


def she_chooses(bundle: Path) -> None:
    facts = bundle / "campaign.toml"
    facts.write_text(facts.read_text().replace('to = "each"', 'to = "supporter chooses"'))


def container_of(supporter: Supporter) -> Container:
    container: Container = supporter.browser.application.extensions["campaign"]
    return container


def verified(supporter: Supporter, recipient: str) -> None:
    container = container_of(supporter)
    with container.database.writing() as session:
        verify(session, recipient, DESKS[recipient], CHECK, live=True, now=container.clock())


def states(supporter: Supporter) -> dict[str, LetterState]:
    with container_of(supporter).database.reading() as session:
        return {row.recipient: row.state for row in session.scalars(select(LetterRow))}


def demands(**changes: str | None) -> dict[str, object]:
    return {"demands": ["pipes", "fish"], **changes}


def test_each_office_gets_a_letter_of_its_own_and_she_sees_them_before_she_signs(
    supporter: Supporter,
) -> None:
    page = supporter.browser.get(supporter.path()).text
    assert "You will write to several offices of your government." in page
    preview = supporter.post(supporter.form(**demands())).text
    first, second = preview.split('id="2-letter"')
    assert "Sehr geehrte Frau Ministerin, sehr geehrter Herr Minister," in first
    assert "Sehr geehrte Damen und Herren," in second
    supporter.sign(**demands())
    supporter.deliver()
    assert {letter.to for letter in supporter.letters()} == set(DESKS.values())
    assert len({letter.text for letter in supporter.letters()}) == 2
    assert supporter.browser.get(f"/{SLUG}/counts.json").get_json()["signature_count"] == 1


def test_the_page_for_one_government_names_its_offices(supporter: Supporter) -> None:
    page = supporter.browser.get(supporter.path("?government=DE")).text
    assert page.count('<li><bdi lang="') == 2
    assert "</bdi> (Environment)" in page
    assert "</bdi> (Head of government)" in page
    german = supporter.browser.get(f"/de/{SLUG}?government=DE").text
    assert german.count('<li><bdi lang="') == 2
    assert "</bdi> (" not in german
    one = supporter.browser.get(supporter.path("?government=GB")).text
    assert one.count('<li><bdi lang="') == 1


def test_what_she_changes_in_one_letter_stays_out_of_the_others(supporter: Supporter) -> None:
    form = supporter.form_after_preview(**demands())
    assert supporter.post(form | {"2-body": "Only for you.", "step": "preview"}).status_code == 200
    response = supporter.post(form | {"2-body": "Only for you."})
    assert response.status_code == 303
    supporter.confirm()
    supporter.deliver()
    texts = {letter.to: letter.text for letter in supporter.letters()}
    assert "Only for you." in texts[DESKS[CHANCELLERY]]
    assert "Only for you." not in texts[DESKS[ENVIRONMENT]]


def test_a_fault_in_the_second_letter_is_shown_at_its_field_and_nothing_is_lost(
    supporter: Supporter,
) -> None:
    form = supporter.form_after_preview(**demands())
    page = supporter.post(form | {"body": "First, changed.", "2-subject": ""})
    assert page.status_code == 422
    assert '<a href="#2-subject">' in page.text
    assert area_value(page, "body") == "First, changed."
    again = supporter.post(form | {"body": "First, changed.", "2-subject": "", "step": "change"})
    assert "First, changed." in again.text


def test_a_letter_more_or_less_than_she_was_shown_is_shown_first(supporter: Supporter) -> None:
    form = supporter.form_after_preview(**demands())
    without = {name: value for name, value in form.items() if not name.startswith("2-")}
    assert supporter.post(without).status_code == 200
    assert states(supporter) == {}
    swapped = form | {"recipient": form["2-recipient"], "2-recipient": form["recipient"]}
    assert supporter.post(swapped).status_code == 200
    assert states(supporter) == {}
    assert supporter.post(form).status_code == 303


def test_pressing_twice_is_one_signature_with_its_letters(supporter: Supporter) -> None:
    form = supporter.form_after_preview(**demands())
    first, second = supporter.post(form), supporter.post(form)
    assert first.status_code == second.status_code == 303
    with container_of(supporter).database.reading() as session:
        assert len(session.scalars(select(SignatureRow)).all()) == 1
        assert len(session.scalars(select(LetterRow)).all()) == 2


def test_each_letter_is_paced_by_itself_and_told_apart_on_her_private_page(
    live: Supporter,
) -> None:
    verified(live, CHANCELLERY)
    private = live.sign(**demands())
    assert states(live) == {
        ENVIRONMENT: LetterState.WAITING,
        CHANCELLERY: LetterState.QUEUED,
    }
    page = live.browser.get(private).text
    assert page.count("<h2>Your letter: ") == 2
    assert "until somebody has checked this office’s address" in page
    live.deliver()
    assert [letter.to for letter in live.letters()] == [DESKS[CHANCELLERY]]
    verified(live, ENVIRONMENT)
    live.deliver()
    assert states(live) == dict.fromkeys(DESKS, LetterState.ACCEPTED)
    downloaded = live.browser.post(f"{private}/download").get_json()["letters"]
    assert {one["recipient"]: one["state"] for one in downloaded} == dict.fromkeys(
        DESKS, "accepted"
    )
    text = live.browser.post(f"{private}/download", data={"as": "text"}).text
    assert "Sehr geehrte Damen und Herren," in text
    assert "Frau Ministerin" in text


def test_before_she_types_she_reads_which_letter_waits(live: Supporter) -> None:
    verified(live, CHANCELLERY)
    preview = live.post(live.form(**demands())).text
    assert preview.count("It will be on hold for now") == 1


def test_she_changes_one_letter_on_her_private_page(live: Supporter) -> None:
    private = live.sign(**demands())
    changed = {"recipient": CHANCELLERY, "subject": "Rivers", "body": "Changed later."}
    assert live.browser.post(f"{private}/letter", data=changed).status_code == 303
    faulty = live.browser.post(f"{private}/letter", data=changed | {"subject": ""})
    assert faulty.status_code == 422
    assert '<a href="#2-subject">' in faulty.text
    for recipient in DESKS:
        verified(live, recipient)
    live.deliver()
    texts = {letter.to: letter.text for letter in live.letters()}
    assert "Changed later." in texts[DESKS[CHANCELLERY]]
    assert "Changed later." not in texts[DESKS[ENVIRONMENT]]
    nobody = changed | {"recipient": "DE/justice"}
    assert live.browser.post(f"{private}/letter", data=nobody).status_code == 404


def test_a_new_name_goes_under_all_letters_and_taking_back_the_consent_stops_all(
    live: Supporter,
) -> None:
    private = live.sign(**demands())
    kept = {"name": "Testa Renamed", "town": "", "send_letter": "y"}
    assert live.browser.post(f"{private}/correct", data=kept).status_code == 303
    downloaded = live.browser.post(f"{private}/download").get_json()["letters"]
    assert all(one["text"].rstrip().endswith("Testa Renamed") for one in downloaded)
    taken_back = {"name": "Testa Renamed", "town": ""}
    assert live.browser.post(f"{private}/correct", data=taken_back).status_code == 303
    assert states(live) == dict.fromkeys(DESKS, LetterState.DROPPED)


def test_letters_of_a_held_signature_lie_sealed_and_leave_when_it_is_released(
    supporter: Supporter,
) -> None:
    form = supporter.form_after_preview(**demands(), comment="Buy pills")
    assert supporter.post(form).status_code == 303
    private = supporter.confirm().replace("/done/", "/private/")
    changed = {"recipient": CHANCELLERY, "subject": "Rivers", "body": "Changed while held."}
    assert supporter.browser.post(f"{private}/letter", data=changed).status_code == 303
    supporter.deliver()
    assert states(supporter) == {}
    container = container_of(supporter)
    with container.database.writing() as session:
        ids = session.scalars(select(SignatureRow.id)).all()
        release(session, container.keyring, ids, CAUSE, live=False, now=container.clock())
    supporter.deliver()
    texts = {letter.to: letter.text for letter in supporter.letters()}
    assert set(texts) == set(DESKS.values())
    assert "Changed while held." in texts[DESKS[CHANCELLERY]]


@pytest.mark.parametrize("way", ["own_mail", "print"])
def test_she_sends_each_letter_herself(supporter: Supporter, way: str) -> None:
    supporter.submit(**demands(way=way))
    done = supporter.confirm()
    private = done.replace("/done/", "/private/")
    page = supporter.browser.get(done).text
    assert 'id="own"' in page
    assert 'id="2-own"' in page
    told = supporter.browser.post(f"{private}/sent", data={"recipient": CHANCELLERY})
    assert told.status_code == 303
    reported = LetterState.SELF_REPORTED if way == "own_mail" else LetterState.PRINTED
    assert states(supporter) == {ENVIRONMENT: LetterState.DRAFT, CHANCELLERY: reported}
    if way == "print":
        made = supporter.browser.post(f"{private}/pdf", data={"recipient": CHANCELLERY}).data
        assert "Sehr geehrte Damen und Herren" in PdfReader(BytesIO(made)).pages[0].extract_text()


def test_she_reports_a_wrong_address_for_each_letter(supporter: Supporter) -> None:
    private = supporter.sign(**demands())
    for recipient in DESKS:
        told = {"recipient": recipient, "report": f"{recipient} has moved."}
        assert supporter.browser.post(f"{private}/report", data=told).status_code == 303
    downloaded = supporter.browser.post(f"{private}/download").get_json()["letters"]
    assert {one["recipient"]: one["reported_contact"] for one in downloaded} == {
        recipient: f"{recipient} has moved." for recipient in DESKS
    }
    supporter.browser.post(f"{private}/delete")
    supporter.deliver()


def test_she_gets_a_copy_of_each_letter_as_it_leaves(supporter: Supporter) -> None:
    supporter.sign(**demands(send_copy="y"))
    supporter.deliver()
    copies = supporter.received("mail-letter_copy")
    assert len(copies) == 2
    assert len({copy.message["Subject"] for copy in copies}) == 2
    assert any("Frau Ministerin" in copy.text for copy in copies)
    assert any("Sehr geehrte Damen und Herren" in copy.text for copy in copies)


def test_every_office_that_has_a_letter_is_asked_to_delete_it(live: Supporter) -> None:
    for recipient in DESKS:
        verified(live, recipient)
    private = live.sign(**demands())
    live.deliver()
    assert len(live.letters()) == 2
    assert live.browser.post(f"{private}/delete").status_code == 200
    live.deliver()
    assert {mail.to for mail in live.received("mail-erasure")} == set(DESKS.values())


def test_another_letter_within_thirty_days_is_held_back_for_each_office(
    supporter: Supporter, clock: Clock
) -> None:
    private = supporter.sign(**demands())
    supporter.deliver()
    supporter.browser.post(f"{private}/withdraw")
    clock.advance(days=2)
    again = supporter.sign(**demands())
    supporter.deliver()
    assert len(supporter.letters()) == 2
    page = supporter.browser.get(again).text
    assert page.count("We sent a letter from you to this office") == 2


def test_one_office_takes_one_mail_a_day_while_the_other_takes_single_letters(
    supporter: Supporter,
) -> None:
    container = container_of(supporter)
    enable_digest(container, CHANCELLERY)
    supporter.sign(**demands())
    supporter.deliver()
    assert [mail.to for mail in supporter.letters()] == [DESKS[ENVIRONMENT]]
    assert [mail.to for mail in supporter.daily_mails()] == [DESKS[CHANCELLERY]]


def test_a_letter_that_comes_back_says_nothing_about_the_other(supporter: Supporter) -> None:
    private = supporter.sign(**demands())
    supporter.deliver()
    (path,) = (
        one.sender
        for one in supporter.transport.sent
        if one.name.startswith("letter-") and one.recipient == DESKS[CHANCELLERY]
    )
    receive(container_of(supporter), bounce_report(path))
    assert states(supporter) == {
        ENVIRONMENT: LetterState.ACCEPTED,
        CHANCELLERY: LetterState.BOUNCED,
    }
    assert supporter.browser.get(private).text.count("Your letter came back") == 1


def test_letters_to_one_office_are_printed_without_those_to_the_other(
    supporter: Supporter, command: Callable[..., Result], tmp_path: Path
) -> None:
    supporter.sign(**demands())
    output = tmp_path / "letters.pdf"
    options = ("--campaign", SLUG, "--recipient", CHANCELLERY, "--output", str(output))
    done = command("letters", "print", *options, "--mark")
    assert done.exit_code == 0, done.output
    text = "".join(page.extract_text() for page in PdfReader(output).pages)
    assert "Sehr geehrte Damen und Herren" in text
    assert "Frau Ministerin" not in text
    assert states(supporter) == {
        ENVIRONMENT: LetterState.QUEUED,
        CHANCELLERY: LetterState.PRINTED,
    }


def test_counts_pack_and_prints_tell_the_recipients_apart(
    supporter: Supporter,
    command: Callable[..., Result],
    container: Container,
    app: Flask,
    tmp_path: Path,
) -> None:
    supporter.sign(**demands(show_name="y"))
    supporter.deliver()
    signed = supporter.browser.get(f"/{SLUG}/counts.json").get_json()
    assert signed["signature_count"] == 1
    target = tmp_path / "letters.csv"
    exported = command(
        *("export", "letters", "--campaign", SLUG, "--recipient", CHANCELLERY),
        *("--output", str(target), "--reason", "x"),
    )
    assert exported.exit_code == 0, exported.output
    assert target.read_text(encoding="utf-8-sig").count(CHANCELLERY) == 1
    pack = tmp_path / "pack.zip"
    options = ("--campaign", SLUG, "--government", "DE", "--output", str(pack), "--reason", "x")
    assert command("export", "pack", *options).exit_code == 0
    with ZipFile(pack) as made:
        text = PdfReader(BytesIO(made.read("letter.pdf"))).pages[0].extract_text()
        names = made.read("names.csv").decode("utf-8-sig")
    assert "Bundeskanzler" in text
    assert "Umwelt" in text
    assert names.count("Testa Example") == 1
    owner = sign_in_organiser(container, app)
    listed = owner.get(f"/console/c/{SLUG}/letters").text
    assert re.findall(r'letters\?state=accepted&amp;recipient=([^"&]+)"', listed) == [
        "DE/environment",
        "DE/head-of-government",
    ]
    with container.database.reading() as session:
        signature_id = session.scalars(select(SignatureRow.id)).one()
    page = owner.get(f"/console/c/{SLUG}/signatures/{signature_id}").text
    assert CHANCELLERY in page
    assert ENVIRONMENT in page


class TestWhereSheChooses:
    """The same campaign, but the supporter chooses the office."""

    @pytest.fixture
    def bundle(self, bundle: Path) -> Path:
        she_chooses(bundle)
        return bundle

    def test_her_letter_goes_to_the_office_that_she_chose(self, supporter: Supporter) -> None:
        page = supporter.browser.get(supporter.path()).text
        assert "Next, you choose which office of your government gets" in page
        first = supporter.post(supporter.form(**demands())).text
        assert "Frau Ministerin" in first
        chosen = supporter.post(supporter.form(**demands(write_to=CHANCELLERY))).text
        assert f'<option value="{CHANCELLERY}"' in chosen
        assert "Bundeskanzleramt (Head of government)</option>" in chosen
        assert "Sehr geehrte Damen und Herren," in chosen
        supporter.sign(**demands(write_to=CHANCELLERY))
        supporter.deliver()
        assert [letter.to for letter in supporter.letters()] == [DESKS[CHANCELLERY]]
        private = supporter.sign(**demands(email="b@example.org", write_to=CHANCELLERY))
        assert "Your letter: " in supporter.browser.get(private).text

    def test_a_choice_that_she_has_not_seen_as_a_letter_is_shown_first(
        self, supporter: Supporter
    ) -> None:
        form = supporter.form_after_preview(**demands())
        shown = supporter.post(form | {"write_to": CHANCELLERY})
        assert shown.status_code == 200
        assert "Sehr geehrte Damen und Herren," in shown.text
        assert "You chose another office. This is your letter to it" in shown.text
        assert states(supporter) == {}

    def test_an_office_of_another_government_cannot_be_chosen(self, supporter: Supporter) -> None:
        supporter.sign(**demands(write_to="FR/head-of-government"))
        assert set(states(supporter)) == {ENVIRONMENT}

    def test_live_she_chooses_among_those_that_can_be_written_to(self, live: Supporter) -> None:
        verified(live, CHANCELLERY)
        preview = live.post(live.form(**demands())).text
        assert f'<option value="{CHANCELLERY}"' in preview
        assert f'<option value="{ENVIRONMENT}"' not in preview
        live.sign(**demands())
        live.deliver()
        assert [letter.to for letter in live.letters()] == [DESKS[CHANCELLERY]]


class TestWhereAllWriteToABodyOfTheUnion:
    """The same campaign, but one of the two letters is for the High Representative."""

    @pytest.fixture
    def bundle(self, bundle: Path) -> Path:
        facts = bundle / "campaign.toml"
        text = facts.read_text()
        facts.write_text(text.replace('"head-of-government"', '"EU/high-representative"'))
        return bundle

    def test_everybody_writes_to_it_whatever_her_government(self, supporter: Supporter) -> None:
        supporter.sign(**demands())
        supporter.sign(**demands(government="FR", email="fr@example.org"))
        supporter.deliver()
        assert sorted(letter.to for letter in supporter.letters()) == [
            "de@environment.example",
            "eu@high-representative.example",
            "eu@high-representative.example",
            "fr@environment.example",
        ]


def test_a_campaign_that_writes_to_each_names_three_at_most(
    command: Callable[..., Result], bundle: Path
) -> None:
    facts = bundle / "campaign.toml"
    text = facts.read_text()
    facts.write_text(text.replace('["environment", "head', '["a", "b", "environment", "head'))
    refused = command("content", "check", str(bundle))
    assert "recipients.offices: should name from 1 to 3" in str(refused.exception)
    facts.write_text(text.replace('"each"', '"every"'))
    refused = command("content", "check", str(bundle))
    assert "recipients.to: should be one of one, supporter chooses, each" in str(refused.exception)


def test_what_a_campaign_may_not_mean_is_warned_about(
    command: Callable[..., Result], bundle: Path
) -> None:
    facts = bundle / "campaign.toml"
    text = facts.read_text().replace('["environment", "head', '["enviroment", "head')
    named = '\n[recipients.governments]\nCH = ["CH/justice"]\nDE = ["FR/justice"]\n\n[source]'
    facts.write_text(text.replace("[source]", named))
    said = command("content", "check", str(bundle)).output
    assert "recipients.offices: no government asked here has 'enviroment'" in said
    assert "recipients.governments: CH is not asked" in said
    assert "recipients.governments: DE writes to FR/justice" in said


def test_two_offices_that_are_one_ministry_are_warned_about(
    command: Callable[..., Result], bundle: Path
) -> None:
    facts = bundle / "campaign.toml"
    text = facts.read_text().replace('"head-of-government"', '"foreign-affairs"')
    facts.write_text(text.replace("[source]", '[governments]\nalso = ["LI"]\n\n[source]'))
    said = command("content", "check", str(bundle)).output
    assert "LI/environment and LI/foreign-affairs are called the same" in said
