"""The page that says "check your mail": it shows the address and lets her mend it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.letters import held_letters
from campaign.letters.rows import LetterRow
from campaign.letters.sealing import unseal_letter
from campaign.moderation import attack_mode
from campaign.organisers.rules.audit_log import Justification
from campaign.signatures.rows import ConsentRow, SignatureRow
from campaign.signatures.rules.signature import (
    CODE_LIFETIME,
    MAX_MAILS_PER_DAY,
    PENDING_LIFETIME,
    HoldReason,
    SignatureState,
)
from tests.helpers.campaign_facts import set_fact

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

WRONG, RIGHT = "tesst@example.org", "testa@example.org"


def mend(supporter: Supporter, check: str, email: str = RIGHT) -> str:
    answer = supporter.browser.post(f"{check}/address", data={"email": email})
    assert answer.status_code == 303, answer.text
    assert "/check/" in answer.location
    return str(answer.location)


def states(container: Container) -> list[SignatureState]:
    with container.database.reading() as session:
        rows = session.scalars(select(SignatureRow).order_by(SignatureRow.created_at))
        return [row.state for row in rows]


def pending(container: Container) -> SignatureRow:
    with container.database.reading() as session:
        wanted = select(SignatureRow).where(SignatureRow.state == SignatureState.PENDING)
        return session.scalars(wanted).one()


@pytest.mark.parametrize("kind", ["new", "known", "stopped", "capped"])
def test_the_page_shows_the_address_whoever_has_it(supporter: Supporter, kind: str) -> None:
    if kind == "known":
        supporter.sign(choice="sign", name="Testa Before")
    if kind == "stopped":
        supporter.submit(choice="sign")
        supporter.browser.post(supporter.newest_mail().link("stop"))
    for _ in range(MAX_MAILS_PER_DAY if kind == "capped" else 0):
        supporter.submit(choice="sign", name="Testa Before")

    def page(email: str) -> str:
        text = supporter.browser.get(supporter.submit(choice="sign", email=email)).text
        return re.sub(r'check/[^/"#]+', "check/TOKEN", text).replace(email, "ADDRESS")

    assert "We have sent an e-mail to <strong><bdi>ADDRESS</bdi></strong>." in page(RIGHT)
    assert page(RIGHT) == page("other@example.org")


def test_the_address_is_not_shown_once_the_signature_is_settled(
    supporter: Supporter, clock: Clock
) -> None:
    check = supporter.submit()
    second = supporter.submit(email="second@example.org")
    supporter.confirm()
    page = supporter.browser.get(check).text
    assert "testa@example.org" not in page
    assert "/address" not in page
    clock.now += PENDING_LIFETIME + timedelta(seconds=1)
    supporter.worker.run_housekeeping()
    assert "second@example.org" not in supporter.browser.get(second).text


def test_a_mended_address_gets_the_mail_and_everything_else_stays(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    check = supporter.submit(
        email=WRONG, government="IE", paragraph="Mine.", town="Cork", show_name="y", send_copy="y"
    )
    with container.database.reading() as session:
        before = session.scalars(select(ConsentRow).order_by(ConsentRow.id)).all()
        (letter,) = session.scalars(select(LetterRow)).all()
        assert letter.sealed is not None
        text = unseal_letter(container.keyring, letter.signature_id, letter.sealed)
    clock.advance(minutes=2)
    mended = mend(supporter, check)
    assert states(container) == [SignatureState.DROPPED, SignatureState.PENDING]
    new = pending(container)
    assert (new.government, new.show_name, new.send_copy) == ("IE", True, True)
    with container.database.reading() as session:
        evidence = session.scalars(select(ConsentRow).where(ConsentRow.signature_id == new.id))
        assert [(one.purpose, one.words_digest, one.at) for one in evidence] == [
            (one.purpose, one.words_digest, one.at) for one in before
        ]
        copy = session.scalars(select(LetterRow).where(LetterRow.signature_id == new.id)).one()
        assert copy.sealed is not None
        assert unseal_letter(container.keyring, new.id, copy.sealed) == text
    code = {"code": supporter.newest_mail(RIGHT).code}
    assert "/done/" in supporter.browser.post(mended, data=code).location
    supporter.deliver()
    assert len(supporter.letters()) == 1
    assert supporter.count() == 1


def test_the_wrong_address_gets_nothing_more_and_can_confirm_nothing(
    supporter: Supporter, clock: Clock
) -> None:
    check = supporter.submit(email=WRONG)
    first = supporter.newest_mail(WRONG)
    mend(supporter, check)
    clock.advance(hours=25)
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert len(supporter.mails(WRONG)) == 1
    assert supporter.browser.post(first.link("confirm")).status_code == 409
    assert supporter.count() == 0


def test_a_mail_that_has_not_left_yet_never_goes_to_the_wrong_address(
    supporter: Supporter,
) -> None:
    mend(supporter, supporter.submit(email=WRONG))
    supporter.deliver()
    assert [mail.to for mail in supporter.mails()] == [RIGHT]


def test_two_clicks_mend_once(supporter: Supporter, container: Container) -> None:
    check = supporter.submit(email=WRONG)
    pages = {mend(supporter, check) for _ in range(3)}
    assert len(states(container)) == 2
    supporter.deliver()
    assert len(supporter.mails()) == 1
    for page in pages:
        assert "testa@example.org" in supporter.browser.get(page).text


def test_it_can_be_mended_again(supporter: Supporter, container: Container) -> None:
    check = supporter.submit(email="one@example.org", choice="sign")
    for email in ("two@example.org", "one@example.org", RIGHT):
        check = mend(supporter, check, email)
    assert states(container).count(SignatureState.PENDING) == 1
    supporter.confirm()
    assert supporter.count() == 1


@pytest.mark.parametrize("typed", ["", "nothing", "a@b", "x" * 260 + "@example.org"])
def test_what_is_no_address_is_said_at_the_field(
    supporter: Supporter, container: Container, typed: str
) -> None:
    check = supporter.submit(email=WRONG)
    answer = supporter.browser.post(f"{check}/address", data={"email": typed})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert f'href="{check.replace("/en/", "/fr/")}" lang="fr"' in answer.text
    assert states(container) == [SignatureState.PENDING]


def test_the_days_mails_of_the_new_address_are_counted(supporter: Supporter) -> None:
    for number in range(MAX_MAILS_PER_DAY + 2):
        mend(supporter, supporter.submit(email=f"wrong{number}@example.org", choice="sign"))
    supporter.deliver()
    assert len(supporter.mails(RIGHT)) == MAX_MAILS_PER_DAY


class TestWithinTheLimitsOfANetwork:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"CAMPAIGN_NETWORK_PER_FORM": "2"}

    def test_each_change_is_one_of_its_submissions(
        self, supporter: Supporter, container: Container
    ) -> None:
        check = mend(supporter, supporter.submit(email=WRONG), "second@example.org")
        assert pending(container).held_for is None
        mend(supporter, check, RIGHT)
        row = pending(container)
        assert row.held_for is HoldReason.RATE_LIMIT
        (letter,) = held_letters.open_held(container.keyring, row)
        assert letter.recipient == "DE/foreign-affairs"


def test_a_held_submission_stays_held(supporter: Supporter, container: Container) -> None:
    check = supporter.submit(email=WRONG, comment="a program", paragraph="Mine.")
    mend(supporter, check)
    row = pending(container)
    assert row.held_for is HoldReason.HONEYPOT
    (letter,) = held_letters.open_held(container.keyring, row)
    assert letter.sealed is not None
    assert unseal_letter(container.keyring, row.id, letter.sealed)[1] == "Mine."


def test_nothing_is_mended_after_confirming_or_closing(
    supporter: Supporter, container: Container
) -> None:
    check = supporter.submit(email=WRONG)
    supporter.confirm(WRONG)
    answer = supporter.browser.post(f"{check}/address", data={"email": RIGHT})
    assert answer.status_code == 409
    other = supporter.submit(email="other@example.org")
    set_fact(container, "closes_on", "2001-01-01")
    assert supporter.browser.post(f"{other}/address", data={"email": RIGHT}).status_code == 410


def test_a_slip_in_the_address_is_pointed_out(supporter: Supporter) -> None:
    page = supporter.browser.get(supporter.submit(email="testa@gmial.com", choice="sign")).text
    assert "Did you mean testa@gmail.com?" in page
    assert "<details open>" in page


def test_the_code_is_in_the_mails_first_two_lines_and_not_in_its_subject(
    supporter: Supporter,
) -> None:
    supporter.submit()
    mail = supporter.newest_mail()
    assert mail.code in mail.text.splitlines()[:2]
    assert mail.code not in mail.message["Subject"]
    assert mail.text.index(mail.code) < mail.text.index("/confirm/")


def test_sending_again_is_said_on_a_page_that_can_be_loaded_again(supporter: Supporter) -> None:
    check = supporter.submit()
    answer = supporter.browser.post(f"{check}/again")
    assert answer.status_code == 303
    again = supporter.browser.get(answer.location).text
    assert "If today’s limit of three e-mails has not been reached" in again
    assert "If today’s limit of three" not in supporter.browser.get(check).text


@pytest.mark.parametrize("kind", ["new", "known", "stopped"])
def test_after_the_codes_lifetime_nobody_reads_or_changes_the_address(
    supporter: Supporter, clock: Clock, kind: str
) -> None:
    """By then a stranger who entered it could tell from the page what else its owner did."""
    if kind == "known":
        supporter.sign(choice="sign", name="Testa Before")
    if kind == "stopped":
        supporter.submit(choice="sign")
        supporter.browser.post(supporter.newest_mail().link("stop"))
    check = supporter.submit(choice="sign")
    assert RIGHT in supporter.browser.get(check).text
    clock.now += CODE_LIFETIME
    assert RIGHT not in supporter.browser.get(check).text
    answer = supporter.browser.post(f"{check}/address", data={"email": "other@example.org"})
    assert answer.status_code == 409
    assert "sign again with the right address" in answer.text
    clock.advance(hours=25)
    supporter.worker.run_housekeeping()
    assert RIGHT not in supporter.browser.get(check).text


def test_the_second_of_two_tabs_says_what_to_do(supporter: Supporter) -> None:
    check = supporter.submit(email=WRONG)
    mend(supporter, check)
    answer = supporter.browser.post(f"{check}/address", data={"email": "other@example.org"})
    assert answer.status_code == 409
    assert "sign again with the right address" in answer.text
    assert "private page" not in answer.text


def test_the_first_mails_link_says_what_became_of_it(supporter: Supporter) -> None:
    check = supporter.submit(email=WRONG)
    first = supporter.newest_mail(WRONG)
    mend(supporter, check)
    page = supporter.browser.get(first.link("confirm"))
    assert page.status_code == 409
    assert "You signed again" in page.text
    assert "You confirmed" not in page.text


def test_under_attack_a_changed_address_is_held_as_every_submission(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    check = supporter.submit(email=WRONG, choice="sign")
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, supporter.slug)
        cause = Justification("Test", "a wave of programs")
        attack_mode.begin(session, loaded, cause, clock())
    mend(supporter, check)
    assert pending(container).held_for is HoldReason.ATTACK


class TestBeyondTheMailsOfANetwork:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"CAMPAIGN_NETWORK_MAILS_PER_HOUR": "1"}

    def test_a_changed_address_is_held_and_its_mail_waits(
        self, supporter: Supporter, container: Container
    ) -> None:
        mend(supporter, supporter.submit(email=WRONG, choice="sign"))
        assert pending(container).held_for is HoldReason.RATE_LIMIT
        supporter.deliver()
        assert supporter.mails(RIGHT) == []


class TestFasterThanPeople:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"CAMPAIGN_FORM_SECONDS": "3"}

    def test_addresses_changed_one_after_another_are_held(
        self, supporter: Supporter, container: Container, clock: Clock
    ) -> None:
        form = supporter.form(choice="sign", email="one@example.org")
        clock.advance(seconds=20)
        check = mend(supporter, supporter.post(form).location, "two@example.org")
        assert pending(container).held_for is None, "her page is older than that"
        clock.advance(seconds=2)
        mend(supporter, check, "three@example.org")
        assert pending(container).held_for is HoldReason.TOO_FAST
