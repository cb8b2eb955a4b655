"""How a letter travels: the site sends it, she sends it from her own mail, or on paper."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.recipients.verify import AddressCheck, verify_postal
from tests.helpers.verifying import verify
from tests.supporter import area_value, carried

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

CHECK = AddressCheck("Tester", "made up")


def state(container: Container) -> LetterState:
    with container.database.reading() as session:
        return session.scalars(select(LetterRow.state)).one()


def links(page: str) -> dict[str, str]:
    found = re.findall(
        r'<li><a href="([^"]+)" rel="noreferrer noopener"[^>]*>([^<]+)</a></li>', page
    )
    return {name: unescape(address) for address, name in found}


def pdf_text(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)


def test_a_letter_for_her_own_mail_is_never_sent_by_the_site(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(way="own_mail")
    supporter.deliver()
    assert supporter.letters() == []
    assert supporter.count() == 1
    page = supporter.browser.get(private).text
    assert "You are sending your letter yourself, by e-mail." in page
    assert "de@ministry.example" in page
    assert state(container) is LetterState.DRAFT


def test_without_the_consent_to_send_she_can_still_send_it_herself(supporter: Supporter) -> None:
    private = supporter.sign(way="own_mail")
    assert "I have sent it" in supporter.browser.get(private).text


@pytest.mark.asvs("1.2.2")
def test_a_short_letter_is_whole_in_every_link(supporter: Supporter) -> None:
    form = supporter.form_after_preview(way="own_mail", government="IE", demands=["un"])
    form |= {"subject": "One & two? 100 %", "body": "Be brief.\n\nTesta Example"}
    shown = supporter.post(form | {"step": "preview"})
    assert shown.status_code == 200
    assert supporter.post(form).status_code == 303
    page = supporter.browser.get(supporter.confirm()).text
    found = links(page)
    assert set(found) >= {"Mail program", "Gmail", "Outlook", "Yahoo"}
    mailto = urlsplit(found["Mail program"])
    assert mailto.path == "ie@ministry.example"
    values = parse_qs(mailto.query)
    assert values["subject"] == ["One & two? 100 %"]
    assert values["body"][0].endswith("Be brief.\r\n\r\nTesta Example")
    assert parse_qs(urlsplit(found["Gmail"]).query)["su"] == values["subject"]
    assert "too long for a link" not in page


def test_a_letter_that_a_link_would_cut_is_not_in_it_and_the_page_says_so(
    supporter: Supporter,
) -> None:
    page = supporter.browser.get(supporter.sign(way="own_mail", government="GR")).text
    for address in links(page).values():
        assert len(address) < 2_000
        assert "body=" not in address
        assert "Ευρωπαϊκ" in unquote(address) or "ΕΕ" in unquote(address)
    assert "too long for a link in:" in page
    text = re.search(r'<textarea id="letter-text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert text
    assert "Testa Example" in text.group(1)


def test_a_letter_of_any_length_opens_as_a_draft_in_her_mail_program(
    supporter: Supporter,
) -> None:
    private = supporter.sign(way="own_mail", government="GR", paragraph="Δικά μου λόγια. " * 60)
    answer = supporter.browser.post(f"{private}/draft")
    assert answer.mimetype == "message/rfc822"
    assert answer.headers["Content-Disposition"].endswith('.eml"')
    draft = message_from_bytes(answer.data, policy=policy.default)
    assert draft["To"] == "gr@ministry.example"
    assert draft["X-Unsent"] == "1"
    assert draft["From"] is None
    body = draft.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert text.count("Δικά μου λόγια.") == 60
    assert text.rstrip().endswith("Testa Example")


@pytest.mark.parametrize("way", ["we_send", "print"])
def test_only_a_letter_for_her_own_mail_is_a_draft(supporter: Supporter, way: str) -> None:
    private = supporter.sign(way=way)
    assert supporter.browser.post(f"{private}/draft").status_code == 409


def test_a_link_that_is_too_short_for_the_letter_copies_it_on_the_way(
    supporter: Supporter,
) -> None:
    page = supporter.browser.get(supporter.sign(way="own_mail", government="GR")).text
    assert re.search(r'<a href="mailto:[^"]*"[^>]* data-copy="letter-text"', page)
    short = supporter.form_after_preview(
        way="own_mail", government="IE", demands=["un"], email="short@example.org"
    )
    short |= {"body": "Be brief.\n\nTesta Example", "step": "preview"}
    supporter.post(short)
    assert supporter.post(short | {"step": "send"}).status_code == 303
    page = supporter.browser.get(supporter.confirm("short@example.org")).text
    assert not re.search(r'<a href="mailto:[^"]*"[^>]* data-copy', page)


def test_she_says_that_she_has_sent_it_and_saying_it_twice_is_saying_it_once(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(way="own_mail")
    for _ in range(2):
        assert supporter.browser.post(f"{private}/sent").location == private
        assert state(container) is LetterState.SELF_REPORTED
    assert "You told us that you have sent your letter." in supporter.browser.get(private).text


def test_nobody_reports_a_letter_that_we_send(supporter: Supporter, container: Container) -> None:
    private = supporter.sign()
    before = state(container)
    assert supporter.browser.post(f"{private}/sent").status_code == 409
    assert state(container) is before


def test_she_says_that_she_has_posted_it(supporter: Supporter, container: Container) -> None:
    private = supporter.sign(way="print")
    supporter.browser.post(f"{private}/pdf")
    assert "posted your letter" not in supporter.browser.get(private).text
    assert supporter.browser.post(f"{private}/sent").location == private
    assert state(container) is LetterState.PRINTED
    assert "You told us that you have posted your letter." in supporter.browser.get(private).text


def test_her_letter_to_print_has_her_typed_address_and_keeps_it_nowhere(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(way="print", government="AT", town="Exampletown")
    answer = supporter.browser.post(
        f"{private}/pdf", data={"postal": "Lane of Tests 7\r\n00007 Testville\r\n"}
    )
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    text = pdf_text(answer.data)
    assert "Testa Example · Lane of Tests 7 · 00007 Testville" in text
    assert "Minoritenplatz 8\n1010 Wien" in text
    assert text.rstrip().endswith("Testa Example\nExampletown")
    assert state(container) is LetterState.DRAFT
    assert "Lane of Tests" not in supporter.browser.get(private).text
    assert "Lane of Tests" not in supporter.browser.post(f"{private}/download").text


@pytest.mark.parametrize(("government", "side"), [("FR", "right"), ("DE", "left")])
def test_the_address_is_on_the_side_where_her_countrys_envelopes_have_their_window(
    supporter: Supporter, government: str, side: str
) -> None:
    private = supporter.sign(way="print", government=government)
    (page,) = PdfReader(BytesIO(supporter.browser.post(f"{private}/pdf").data)).pages
    at: list[float] = []

    def note(text: str, user: list[float], line: list[float], *_: object) -> None:
        if "Quai d’Orsay" in text or "Auswärtiges Amt" in text:
            at.append((user[0] * line[4] + user[4]) * 25.4 / 72)

    page.extract_text(visitor_text=note)
    (left,) = at
    assert (left > 110) is (side == "right")


def test_the_pdf_says_what_the_page_says(supporter: Supporter) -> None:
    private = supporter.sign(way="print", government="GR")
    page = supporter.browser.get(private).text
    sheet = page[page.index('<div class="sheet"') :]
    text = " ".join(pdf_text(supporter.browser.post(f"{private}/pdf").data).split())
    for paragraph in re.findall(r'<p class="lines">(.*?)</p>', sheet, re.DOTALL):
        assert " ".join(unescape(paragraph).split()) in text


@pytest.mark.parametrize(
    ("postal", "said"),
    [
        ("\n".join("abcdefgh"), "up to 6 lines"),
        ("x" * 61, "up to 60 characters"),
        ("日本 1", "These characters cannot be printed: 日本"),
        ("a" + "\u0316" * 5, "too many accents on one character"),
    ],
)
def test_an_address_that_cannot_stand_on_paper_is_said_at_its_field(
    supporter: Supporter, container: Container, postal: str, said: str
) -> None:
    private = supporter.sign(way="print")
    answer = supporter.browser.post(f"{private}/pdf", data={"postal": postal})
    assert answer.status_code == 422
    assert said in answer.text
    assert postal.split("\n", maxsplit=1)[0] in answer.text
    assert state(container) is LetterState.DRAFT


ON_PAPER = "These characters cannot be printed: 字. In an e-mail they arrive as you typed them"


@pytest.mark.parametrize("where", ["paragraph", "name", "town"])
def test_what_no_font_can_print_is_said_before_she_chooses_paper_and_paper_is_refused(
    supporter: Supporter, where: str
) -> None:
    form = supporter.form(**{where: "Testa 字"})
    preview = supporter.post(form)
    assert preview.text.count(ON_PAPER) == 1
    assert "error-summary" not in preview.text
    form |= carried(preview) | {"step": "send"}
    refused = supporter.post(form | {"way": "print"})
    assert refused.status_code == 422
    assert f'<a href="#way">{ON_PAPER}' in refused.text
    assert f'<p class="error" id="way-error">{ON_PAPER}' in refused.text
    for way in ("own_mail", "we_send"):
        assert supporter.post(form | {"way": way}).status_code == 303


def test_a_letter_that_the_fonts_have_is_printed_without_a_word(supporter: Supporter) -> None:
    words = "سلام, გამარჯობა, שלום: ▪ one ✓ two → three"
    assert "cannot be printed" not in supporter.post(supporter.form(paragraph=words)).text
    private = supporter.sign(way="print", paragraph=words)
    printed = pdf_text(supporter.browser.post(f"{private}/pdf").data)
    assert "გამარჯობა" in printed
    assert "✓ two → three" in printed


def test_a_letter_to_print_is_not_changed_into_one_that_cannot_be(supporter: Supporter) -> None:
    private = supporter.sign(way="print")
    typed = {"subject": "Subject", "body": "字 is a word."}
    answer = supporter.browser.post(f"{private}/letter", data=typed)
    assert answer.status_code == 422
    assert "These characters cannot be printed: 字." in answer.text
    assert '<a href="#body">' in answer.text
    assert area_value(answer, "body") == typed["body"]
    sent = supporter.sign(email="sent@example.org")
    assert supporter.browser.post(f"{sent}/letter", data=typed).location == f"{sent}?saved=1"


def test_a_letter_of_hers_can_be_changed_until_she_has_posted_it(supporter: Supporter) -> None:
    private = supporter.sign(way="print")
    changed = {"subject": "Another subject", "body": "Another text."}
    answer = supporter.browser.post(f"{private}/letter", data=changed)
    assert answer.location == f"{private}?saved=1"
    assert "Another subject" in pdf_text(supporter.browser.post(f"{private}/pdf").data)
    supporter.browser.post(f"{private}/sent")
    assert supporter.browser.post(f"{private}/letter", data=changed).status_code == 409


def test_live_her_own_mail_waits_for_a_checked_address_and_her_sheet_has_room_for_one(
    live: tuple[Supporter, Container], clock: Clock
) -> None:
    supporter, container = live
    preview = supporter.post(supporter.form())
    assert "If you send or post it yourself: nobody has checked" in preview.text
    assert "https://www.auswaertiges-amt.de" in preview.text
    mail = supporter.sign(way="own_mail")
    paper = supporter.sign(way="print", email="paper@example.org")
    for private in (mail, paper):
        page = supporter.browser.get(private).text
        assert "nobody has checked this office" in page
        assert "https://www.auswaertiges-amt.de" in page
    assert "with space for the address" in supporter.browser.get(paper).text
    printed = pdf_text(supporter.browser.post(f"{paper}/pdf").data)
    assert "Auswärtiges Amt" in printed
    assert "Example Street" not in printed
    with container.database.writing() as session:
        verify(
            session, "DE/foreign-affairs", "desk@ministry.example", CHECK, live=True, now=clock()
        )
        verify_postal(
            session, "DE/foreign-affairs", ["Made-up Street 1", "00000 Town"], CHECK, now=clock()
        )
    assert "desk@ministry.example" in supporter.browser.get(mail).text
    assert "Made-up Street 1" in pdf_text(supporter.browser.post(f"{paper}/pdf").data)


def test_the_copy_that_she_asked_for_comes_when_the_letter_was_handed_over(
    supporter: Supporter,
) -> None:
    form = supporter.form_after_preview(send_copy="y")
    supporter.post(form)
    supporter.confirm()
    assert len(supporter.mails()) == 1
    supporter.deliver()
    copy = supporter.mails()[-1]
    assert form["subject"] in copy.text
    assert form["body"] in copy.text
    assert "was not sent to the office" in copy.text
    assert copy.link("private")


def test_live_the_copy_says_that_the_letter_was_handed_over(
    live: tuple[Supporter, Container], clock: Clock
) -> None:
    supporter, container = live
    with container.database.writing() as session:
        verify(
            session, "DE/foreign-affairs", "desk@ministry.example", CHECK, live=True, now=clock()
        )
    supporter.sign(send_copy="y")
    supporter.deliver()
    assert "was delivered to the office’s mail server" in supporter.mails()[-1].text


def test_no_copy_comes_to_whom_did_not_ask(supporter: Supporter) -> None:
    supporter.sign()
    supporter.deliver()
    assert len(supporter.mails()) == 1


def test_the_script_of_the_copy_button_is_a_file_and_only_where_the_button_is(
    supporter: Supporter,
) -> None:
    mail = supporter.browser.get(supporter.sign(way="own_mail"))
    assert '<script type="module" src="/static/copy.js?v=' in mail.text
    assert "script-src 'self'" in mail.headers["Content-Security-Policy"]
    assert "unsafe" not in mail.headers["Content-Security-Policy"]
    other = supporter.browser.get(supporter.sign(email="other@example.org"))
    assert "<script" not in other.text
