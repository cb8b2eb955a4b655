"""The private page: see, correct, withdraw, delete, download."""

from __future__ import annotations

import hashlib
import re
from html import unescape
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from campaign.campaigns.rules.campaign import Consent
from campaign.letters.rows import LetterRow
from campaign.recipients.verify import AddressCheck
from campaign.services import create_worker
from campaign.signatures.queries import consents
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState
from tests.helpers.transports import LiveMemoryTransport, RefusingTransport
from tests.helpers.verifying import verify

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


def only_signature(container: Container) -> SignatureRow:
    with container.database.reading() as session:
        row = session.scalars(select(SignatureRow)).one()
        session.expunge(row)
    return row


def test_it_shows_what_is_held_and_how_the_letter_stands(supporter: Supporter) -> None:
    private = supporter.sign(town="Testville", paragraph="In my own words.")
    page = supporter.browser.get(private).text
    for held in ("Testa Example", "testa@example.org", "Testville", "In my own words."):
        assert held in page
    assert "is being sent" in page
    supporter.deliver()
    assert "delivered in rehearsal" in supporter.browser.get(private).text


def test_a_correction_changes_the_name_also_under_a_letter_that_has_not_left(
    supporter: Supporter,
) -> None:
    private = supporter.sign(town="Testville")
    answer = supporter.browser.post(
        f"{private}/correct",
        data={"name": "Testa Corrected", "town": "", "send_letter": "y", "show_name": "y"},
    )
    assert answer.status_code == 303
    supporter.deliver()
    (letter,) = supporter.letters()
    assert "Testa Corrected\n\n-- " in letter.text
    assert "Testville" not in letter.text
    assert "Testa Corrected" in supporter.browser.get(supporter.path("/signatories")).text


def test_what_she_saves_is_said_to_be_saved_and_nothing_else(supporter: Supporter) -> None:
    private, said = supporter.sign(), "Your changes have been saved."
    assert said not in supporter.browser.get(private).text
    changed = {"subject": "Another subject", "body": "Another text."}
    rewritten = supporter.browser.post(f"{private}/letter", data=changed)
    assert said in supporter.browser.get(rewritten.location).text
    typed = {"name": "Testa Corrected", "send_letter": "y"}
    corrected = supporter.browser.post(f"{private}/correct", data=typed)
    assert said in supporter.browser.get(corrected.location).text
    withdrawn = supporter.browser.post(f"{private}/withdraw")
    assert said not in supporter.browser.get(withdrawn.location).text


def test_a_faulty_correction_keeps_what_was_typed(supporter: Supporter) -> None:
    private = supporter.sign()
    answer = supporter.browser.post(
        f"{private}/correct", data={"name": "", "town": "Typed town", "send_letter": "y"}
    )
    assert answer.status_code == 422
    assert "Enter your name." in answer.text
    assert "Typed town" in answer.text


def test_the_text_can_be_changed_while_the_letter_has_not_left(supporter: Supporter) -> None:
    private = supporter.sign()
    changed = {"subject": "Another subject", "body": "Another text."}
    assert supporter.browser.post(f"{private}/letter", data=changed).status_code == 303
    supporter.deliver()
    (letter,) = supporter.letters()
    assert letter.message["Subject"] == "Another subject"
    assert "Another text." in letter.text
    assert supporter.browser.post(f"{private}/letter", data=changed).status_code == 409


def test_taking_back_the_consent_to_send_keeps_the_letter_here(supporter: Supporter) -> None:
    private = supporter.sign()
    supporter.browser.post(f"{private}/correct", data={"name": "Testa Example"})
    supporter.deliver()
    assert supporter.letters() == []
    assert supporter.count() == 1


def test_consents_are_kept_with_the_words_and_language_they_were_given_in(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(show_name="y")
    supporter.browser.post(f"{private}/correct", data={"name": "Testa", "send_letter": "y"})
    with container.database.reading() as session:
        rows = consents.of_signature(session, only_signature(container).id)
        said = [(row.purpose.value, row.given, row.language, len(row.words_digest)) for row in rows]
    assert sorted(said[:2]) == [("send_letter", True, "en", 64), ("show_name", True, "en", 64)]
    assert said[2:] == [("be_counted", True, "en", 64), ("show_name", False, "en", 64)]


def test_withdrawing_lowers_the_count_hides_the_name_and_drops_the_letter(
    supporter: Supporter,
) -> None:
    private = supporter.sign(show_name="y")
    assert "Testa Example" in supporter.browser.get(supporter.path("/signatories")).text
    for _ in range(2):
        assert supporter.browser.post(f"{private}/withdraw").status_code == 303
    supporter.deliver()
    assert supporter.count() == 0
    assert supporter.letters() == []
    assert "Testa Example" not in supporter.browser.get(supporter.path("/signatories")).text
    assert "Withdrawn" in supporter.browser.get(private).text


def test_who_withdrew_may_sign_again(supporter: Supporter) -> None:
    private = supporter.sign()
    supporter.browser.post(f"{private}/withdraw")
    supporter.sign(government="FR")
    assert supporter.count() == 1


def test_a_withdrawn_signature_is_not_confirmed_again_by_its_old_link(
    supporter: Supporter,
) -> None:
    private = supporter.sign()
    link = supporter.mails()[-1].link("confirm")
    supporter.browser.post(f"{private}/withdraw")
    assert supporter.browser.post(link).status_code == 409
    assert supporter.count() == 0


def test_deleting_leaves_no_sealed_value_and_no_keyed_hash(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(show_name="y")
    answer = supporter.browser.post(f"{private}/delete")
    assert answer.status_code == 200
    assert supporter.count() == 0
    row = only_signature(container)
    assert row.state is SignatureState.WITHDRAWN
    kept = (row.sealed, row.identity_hash, row.email_hash, row.domain_hash, row.name_hash)
    assert kept == (None,) * 5
    with container.database.reading() as session:
        assert session.scalars(select(LetterRow.sealed)).all() == [None]
    assert supporter.browser.get(private).status_code == 404


def test_deleting_is_noted_in_the_ledger_that_outlives_backups(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign()
    signature_id = only_signature(container).id
    supporter.browser.post(f"{private}/delete")
    line = (container.settings.instance / "erased.ledger").read_text().split()
    assert line[1] == "deleted"
    assert UUID(line[2]) == signature_id
    assert "@" not in line


def test_deleting_says_that_a_letter_has_left_only_when_it_has(
    supporter: Supporter, container: Container
) -> None:
    rehearsed = supporter.sign(email="rehearsed@example.org")
    supporter.deliver()
    assert "already been delivered" not in supporter.browser.post(f"{rehearsed}/delete").text
    waiting = supporter.sign()
    supporter.browser.post(f"{waiting}/withdraw")
    assert "already been delivered" not in supporter.browser.post(f"{waiting}/delete").text
    with container.database.writing() as session:
        verify(
            session,
            "DE/foreign-affairs",
            "de@ministry.example",
            AddressCheck("Tester", "made up"),
            live=True,
            now=container.clock(),
        )
    transport = LiveMemoryTransport()
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    live = supporter.sign()
    supporter.deliver()
    assert len(supporter.letters()) == 1
    assert "already been delivered" in supporter.browser.post(f"{live}/delete").text


def test_a_letter_claimed_before_the_withdrawal_cannot_be_called_back(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign()
    withdrawals: list[int] = []

    def withdraw_meanwhile(_: object) -> None:
        withdrawals.append(supporter.browser.post(f"{private}/withdraw").status_code)

    transport = RefusingTransport(withdraw_meanwhile)
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    supporter.deliver()
    assert withdrawals == [303]
    assert supporter.count() == 0
    assert len(supporter.letters()) == 1


def test_the_download_has_everything_with_the_letter_and_its_attempts(
    supporter: Supporter,
) -> None:
    private = supporter.sign(town="Testville", paragraph="My words.")
    supporter.deliver()
    answer = supporter.browser.post(f"{private}/download")
    document = answer.get_json()
    assert document["signature"]["email"] == "testa@example.org"
    assert document["signature"]["town"] == "Testville"
    assert "My words." in document["letters"][0]["text"]
    assert [one["outcome"] for one in document["letters"][0]["attempts"]] == ["started", "accepted"]
    assert document["consents"][0]["purpose"] == "send_letter"
    assert [event["kind"] for event in document["events"]] == ["confirmed"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_expired_private_link_offers_a_fresh_one_by_mail(
    supporter: Supporter, clock: Clock
) -> None:
    private = supporter.sign()
    clock.advance(days=91)
    expired = supporter.browser.get(private)
    assert expired.status_code == 410
    assert "testa@example.org" not in expired.text
    supporter.browser.post(f"{private}/fresh")
    mail = supporter.newest_mail()
    assert mail.message["Subject"].startswith("Your private page")
    assert supporter.browser.get(mail.link("private")).status_code == 200


def test_a_get_of_any_address_behind_a_button_changes_nothing(supporter: Supporter) -> None:
    private = supporter.sign()
    for action in ("correct", "letter", "withdraw", "delete", "download", "fresh"):
        assert supporter.browser.get(f"{private}/{action}").status_code == 405
    assert supporter.count() == 1


def test_deleting_forgets_everything_that_she_submitted_to_this_campaign(
    supporter: Supporter, container: Container
) -> None:
    first = supporter.sign()
    supporter.browser.post(f"{first}/withdraw")
    second = supporter.sign(government="FR")
    supporter.submit(government="MT")
    assert supporter.browser.post(f"{second}/delete").status_code == 200
    with container.database.reading() as session:
        rows = session.scalars(select(SignatureRow)).all()
        assert len(rows) == 3
        assert [(row.sealed, row.identity_hash) for row in rows] == [(None, None)] * 3
        assert session.scalars(select(LetterRow.sealed)).all() == [None] * 3
    assert supporter.browser.get(first).status_code == 404
    ledger = (container.settings.instance / "erased.ledger").read_text()
    words = [line.split()[1] for line in ledger.splitlines()]
    assert words == ["withdrawn", "deleted", "deleted", "deleted"]


def test_the_words_beside_the_confirming_button_are_kept_as_a_hash(
    supporter: Supporter, container: Container
) -> None:
    supporter.submit()
    link = supporter.newest_mail().link("confirm").replace("/en/", "/de/")
    page = supporter.browser.get(link).text
    supporter.browser.post(link)
    with container.database.reading() as session:
        (agreed,) = [
            row
            for row in consents.of_signature(session, only_signature(container).id)
            if row.purpose is Consent.BE_COUNTED
        ]
    shown = [unescape(text) for text in re.findall(r"<p>([^<]+)</p>", page)]
    assert agreed.language == "de"
    assert agreed.words_digest in {hashlib.sha256(text.encode()).hexdigest() for text in shown}
