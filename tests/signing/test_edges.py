"""Small promises that nothing else would miss: each once, at its edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from campaign.delivery.queries import claiming, queue
from campaign.delivery.queries.attempts import Actor, AttemptResult
from campaign.delivery.queries.claiming import SitePace
from campaign.delivery.rules.delivery import LEASE, Outcome
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.signatures.queries import counts
from campaign.signatures.rows import CountRow, MailCapRow, SignatureRow
from campaign.signatures.rules.counts import Dimension
from campaign.signatures.rules.signature import Origin
from tests.supporter import area_value

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


def how_many(container: Container, table: type[SignatureRow | MailCapRow]) -> int:
    with container.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_asking_again_after_confirming_brings_no_mail(supporter: Supporter) -> None:
    check = supporter.submit()
    supporter.confirm()
    before = len(supporter.mails())
    assert supporter.browser.post(f"{check}/again").status_code == 303
    supporter.deliver()
    assert len(supporter.mails()) == before


def test_a_mail_asked_for_before_the_confirmation_does_not_come_after_it(
    supporter: Supporter,
) -> None:
    check = supporter.submit()
    link = supporter.newest_mail().link("confirm")
    supporter.browser.post(f"{check}/again")
    supporter.browser.post(link)
    supporter.deliver()
    assert len(supporter.mails()) == 1


def test_a_reminder_goes_to_nobody_who_has_confirmed(supporter: Supporter, clock: Clock) -> None:
    supporter.sign()
    clock.advance(days=2)
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert len(supporter.mails()) == 1


@pytest.mark.parametrize("change", [{"show_name": "y"}, {"body": "Another text.\n"}])
def test_the_same_form_with_another_consent_or_text_is_another_submission(
    supporter: Supporter, container: Container, change: dict[str, str]
) -> None:
    form = supporter.form_after_preview()
    supporter.post(form)
    form |= change
    shown = supporter.post(form)
    if shown.status_code == 200:
        form |= {"body": area_value(shown, "body")}
        supporter.post(form)
    assert how_many(container, SignatureRow) == 2


def test_keeping_her_text_keeps_it_and_composing_anew_does_not(supporter: Supporter) -> None:
    form = supporter.form_after_preview() | {"body": "Only this.\n", "step": "preview"}
    edited = supporter.post(form)
    form |= {"body": area_value(edited, "body"), "demands": ["un"]}
    for step, kept in (("keep", True), ("anew", False)):
        shown = supporter.post(form | {"step": step})
        assert ("Only this." in area_value(shown, "body")) is kept


def test_yesterdays_mail_counters_are_forgotten(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.submit()
    assert how_many(container, MailCapRow) == 1
    clock.advance(days=1)
    supporter.worker.run_housekeeping()
    assert how_many(container, MailCapRow) == 0


def test_a_new_name_does_not_change_a_letter_that_has_left(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign()
    supporter.deliver()
    supporter.browser.post(f"{private}/correct", data={"name": "Tested Sample", "send_letter": "y"})
    page = supporter.browser.get(private).text
    sheet = page[page.index('<div class="sheet"') :]
    assert "Testa Example" in sheet
    assert "Tested Sample" not in sheet


def test_paper_signatures_stand_beside_the_headline_and_not_in_it(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    with container.database.writing() as session:
        session.execute(update(SignatureRow).values(origin=Origin.PAPER))
        session.execute(update(CountRow).values(origin=Origin.PAPER))
    assert supporter.count() == 0
    with container.database.reading() as session:
        by_origin = list(counts.count_by(session, 1, [Dimension.ORIGIN]))
        assert by_origin == [((Origin.PAPER,), 1)]
        assert list(counts.count_by(session, 1, [Dimension.GOVERNMENT])) == []


def test_the_report_of_a_worker_that_lost_its_claim_moves_nothing(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    slow, quick = Actor("slow", "memory"), Actor("quick", "memory")
    with container.database.writing() as session:
        (row,) = claiming.claim_letters(session, slow, clock(), 10, SitePace(live=False))
    clock.now += LEASE * 2
    supporter.worker.run_housekeeping()
    with container.database.writing() as session:
        claiming.claim_letters(session, quick, clock(), 10, SitePace(live=False))
        queue.finish_attempt(
            session, row.id, slow, AttemptResult(Outcome.PERMANENT), clock(), [row.id]
        )
    with container.database.reading() as session:
        assert session.scalars(select(LetterRow.state)).one() is LetterState.CLAIMED


def test_letters_to_all_of_todays_governments_leave_in_one_go(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    codes = [
        code
        for code, government in container.reference.governments.items()
        if government.member_on(clock().date())
    ]
    for code in codes:
        supporter.sign(email=f"{code.lower()}@example.org", government=code)
    supporter.deliver()
    assert len({letter.to for letter in supporter.letters()}) == len(codes) == 27
