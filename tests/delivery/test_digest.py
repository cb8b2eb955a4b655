"""One mail a day: a count, what the letters ask for, and all of them as PDF and CSV."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from campaign.container import create_pace
from campaign.delivery import pacing
from campaign.delivery.deliver import DeliveryDependencies
from campaign.delivery.deliver_digests import DigestDeliveryService
from campaign.delivery.digest_builder import DigestBuilder
from campaign.delivery.queries import digests
from campaign.delivery.rows import AttemptRow, OutgoingRow
from campaign.delivery.rules.delivery import Outcome
from campaign.exports.formats.csv import pieces
from campaign.letters.rules.letter import LetterState
from campaign.metrics import Metrics
from tests.clock import START
from tests.helpers.digests import (
    csv_header,
    csv_rows,
    enable_digest,
    letter_states,
    sign_before_delivery,
)

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


@pytest.fixture(autouse=True)
def daily(container: Container) -> None:
    enable_digest(container)


def test_all_letters_of_a_day_leave_in_one_mail(supporter: Supporter, container: Container) -> None:
    sign_before_delivery(supporter, 2, demands=["open", "un"], reply_directly="y")
    sign_before_delivery(
        supporter, 1, demands=["un"], town="Example-on-Sea", paragraph="=1+1 Grüße"
    )
    supporter.deliver()
    assert supporter.letters() == []
    (mail,) = supporter.daily_mails()
    assert mail.to == "de@ministry.example"
    assert mail.message["Subject"].startswith("3 Briefe: ")
    assert mail.message["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    lines = [line for line in mail.text.splitlines() if line[:1].isdigit()]
    assert [line.split("  ")[0] for line in lines[1:]] == ["3 (1)", "2 (2)"]
    rows = csv_rows(mail)
    assert [row["number"] for row in rows] == ["1", "2", "3"]
    (own,) = (row for row in rows if row["town"] == "Example-on-Sea")
    assert "\n=1+1 Grüße\n" in own["letter"]
    assert own["demands"] == "un"
    assert sorted(row["answer_to"] for row in rows) == [
        "",
        "testa0@example.org",
        "testa1@example.org",
    ]
    pages = PdfReader(BytesIO(mail.file("application/pdf"))).pages
    printed = "\n".join(page.extract_text() for page in pages)
    assert "Testa Example 1" in printed
    assert "Grüße" in printed
    assert set(letter_states(container)) == {LetterState.ACCEPTED}


def test_the_table_is_one_that_the_ministrys_spreadsheet_opens(supporter: Supporter) -> None:
    """Excel takes a CSV file for UTF-8 by its mark, and separates it as the language has it."""
    sign_before_delivery(
        supporter, 1, demands=["open", "un"], paragraph='Grüße; "hier",=1+1, und ; mehr'
    )
    supporter.deliver()
    (mail,) = supporter.daily_mails()
    assert mail.file("text/csv").startswith("\ufeffNummer;Datum;Name;Ort;Sprache;".encode())
    assert csv_header(mail).split(";")[5:] == [
        *("Forderungen", "Betreff", "Brief", "Antwortadresse", "Kennung"),
    ]
    (row,) = csv_rows(mail)
    assert row["demands"] == "open; un"
    assert '\nGrüße; "hier",\'=1+1, und ; mehr\n' in row["letter"]


def test_her_page_tells_of_the_daily_mail_as_of_a_letter_that_left_alone(
    supporter: Supporter, container: Container
) -> None:
    (page,) = sign_before_delivery(supporter, 1, send_copy="y")
    supporter.deliver()
    assert "delivered in rehearsal" in supporter.browser.get(page).text
    assert supporter.mails()[-1].message["Subject"].startswith("A copy of your letter")
    held = supporter.browser.post(f"{page}/download").get_json()
    assert [one["outcome"] for one in held["letters"][0]["attempts"]] == ["started", "accepted"]
    assert all(one["in_daily_mail"] for one in held["letters"][0]["attempts"])


def test_letters_of_the_same_day_wait_for_the_next_mail(supporter: Supporter, clock: Clock) -> None:
    sign_before_delivery(supporter, 1)
    supporter.deliver()
    clock.advance(minutes=1)
    sign_before_delivery(supporter, 1)
    supporter.deliver()
    assert len(supporter.daily_mails()) == 1
    clock.advance(days=1)
    supporter.deliver()
    assert [len(csv_rows(mail)) for mail in supporter.daily_mails()] == [1, 1]


def test_other_ministries_get_single_letters(supporter: Supporter) -> None:
    sign_before_delivery(supporter, 2, government="FR")
    supporter.deliver()
    assert len(supporter.letters()) == 2
    assert supporter.daily_mails() == []


def test_too_large_a_mail_is_split_and_no_letter_is_in_two(
    supporter: Supporter, container: Container
) -> None:
    sign_before_delivery(supporter, 5)
    digest_builder = DigestBuilder(
        container.message_builder,
        container.letter_builder,
        container.pdf_renderer,
        pieces,
        largest=60_000,
    )
    pace = create_pace(container, live=False)
    dependencies = DeliveryDependencies(
        container.database, supporter.transport, "test", pace, container.clock, Metrics()
    )
    delivery_service = DigestDeliveryService(dependencies, digest_builder)
    while delivery_service.deliver_one():
        pass
    mails = supporter.daily_mails()
    assert len(mails) > 1
    assert max(len(one.message) for one in supporter.transport.sent) <= 60_000
    names = [row["name"] for mail in mails for row in csv_rows(mail)]
    assert sorted(names) == [f"Testa Example {number}" for number in range(5)]
    assert "Weitere Briefe folgen" in mails[0].text
    assert "Weitere Briefe folgen" not in mails[-1].text
    assert set(letter_states(container)) == {LetterState.ACCEPTED}


def test_a_letter_that_cannot_be_printed_stands_in_the_table_and_the_mail_says_so(
    supporter: Supporter,
) -> None:
    sign_before_delivery(supporter, 1)
    sign_before_delivery(supporter, 1, paragraph="With a \N{SNOWMAN WITHOUT SNOW} in it.")
    supporter.deliver()
    (mail,) = supporter.daily_mails()
    assert any("\N{SNOWMAN WITHOUT SNOW}" in row["letter"] for row in csv_rows(mail))
    (number,) = (
        row["number"] for row in csv_rows(mail) if "\N{SNOWMAN WITHOUT SNOW}" in row["letter"]
    )
    assert "1 Brief enthält Zeichen" in mail.text
    assert f"\nBrief {number}: \N{SNOWMAN WITHOUT SNOW}\n" in mail.text
    pages = PdfReader(BytesIO(mail.file("application/pdf"))).pages
    assert "With a" not in "".join(page.extract_text() for page in pages)


def test_a_letter_has_one_number_in_the_table_the_outline_and_under_its_pages(
    supporter: Supporter,
) -> None:
    sign_before_delivery(supporter, 1, name="Testa Erste")
    sign_before_delivery(
        supporter, 1, name="Testa Unprinted", paragraph="A \N{SNOWMAN WITHOUT SNOW}."
    )
    sign_before_delivery(
        supporter, 1, name="Testa Lang", paragraph="\n\n".join(["Wort " * 12] * 20)
    )
    supporter.deliver()
    (mail,) = supporter.daily_mails()
    numbers = {row["name"]: row["number"] for row in csv_rows(mail)}
    reader = PdfReader(BytesIO(mail.file("application/pdf")))
    assert reader.metadata is not None
    assert reader.metadata.title == mail.message["Subject"]
    titles = [str(one.title) for one in reader.outline]  # type: ignore[union-attr]
    subject = "Menschenrechtsdialog der EU mit China: Bitte an die Bundesregierung"
    printed = ["Testa Erste", "Testa Lang"]
    assert sorted(titles) == sorted(f"{numbers[name]}. {name}: {subject}" for name in printed)
    feet = {page.extract_text().strip().splitlines()[-1] for page in reader.pages}
    long = numbers["Testa Lang"]
    assert feet == {
        f"Brief {numbers['Testa Erste']} · Seite 1 von 1",
        f"Brief {long} · Seite 1 von 2",
        f"Brief {long} · Seite 2 von 2",
    }
    assert "dieselbe Nummer" in mail.text


def test_the_log_tells_which_letters_left_together(
    supporter: Supporter, container: Container
) -> None:
    sign_before_delivery(supporter, 2)
    supporter.deliver()
    with container.database.reading() as session:
        accepted = select(AttemptRow).where(
            AttemptRow.outcome == Outcome.ACCEPTED, AttemptRow.letter_id.is_not(None)
        )
        (digest_id,) = {row.digest_id for row in session.scalars(accepted)}
        assert digest_id is not None
        assert len(digests.letter_ids_of(session, digest_id)) == 2
    (mail,) = supporter.daily_mails()
    assert str(digest_id) in mail.message["Message-ID"]


class TestAtAPace:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"CAMPAIGN_PACE": "always", "CAMPAIGN_LETTERS_PER_HOUR": "4"}

    def test_it_leaves_on_working_days_in_office_hours_only(
        self, supporter: Supporter, clock: Clock
    ) -> None:
        clock.now = datetime(2026, 11, 6, 17, 30, tzinfo=UTC)  # a Friday, after hours
        (page,) = sign_before_delivery(supporter, 1)
        assert (
            "should be sent on Monday, 9 November 2026 at about 09:00."
            in supporter.browser.get(page).text
        )
        left: list[datetime] = []
        while not left and clock.now < datetime(2026, 11, 12, tzinfo=UTC):
            supporter.deliver()
            left = [clock.now] if supporter.daily_mails() else []
            clock.advance(minutes=30)
        assert left == [datetime(2026, 11, 9, 8, 0, tzinfo=UTC)]

    def test_a_long_queue_is_offered_to_the_organisers_once_and_one_click_changes_it(
        self, supporter: Supporter, container: Container, clock: Clock
    ) -> None:
        with container.database.writing() as session:
            pacing.set_digest(session, "DE/foreign-affairs", on=False, by="Test", now=START)
            pacing.set_pace(
                session, "DE/foreign-affairs", pacing.PaceChange(per_day=1), "Test", START
            )
        sign_before_delivery(supporter, 7)
        supporter.worker.run_housekeeping()
        supporter.worker.run_housekeeping()
        supporter.deliver()
        (offer,) = supporter.mails("contact@example.org")
        assert offer.message["Subject"].startswith("The queue for Auswärtiges Amt")
        link = offer.link("digest")
        assert "One e-mail a day" in supporter.browser.get(link).text
        assert "Done" in supporter.browser.post(link).text
        clock.advance(days=1)
        supporter.deliver()
        (mail,) = supporter.daily_mails()
        assert len(csv_rows(mail)) == 7 - len(supporter.letters())

    def test_a_queue_of_five_days_is_not_offered(
        self, supporter: Supporter, container: Container
    ) -> None:
        with container.database.writing() as session:
            pacing.set_digest(session, "DE/foreign-affairs", on=False, by="Test", now=START)
            pacing.set_pace(
                session, "DE/foreign-affairs", pacing.PaceChange(per_day=1), "Test", START
            )
        sign_before_delivery(supporter, 5)
        supporter.worker.run_housekeeping()
        with container.database.reading() as session:
            about = select(OutgoingRow.recipient).where(OutgoingRow.recipient.is_not(None))
            assert list(session.scalars(about)) == []
