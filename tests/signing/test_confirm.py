"""Confirm by link or code, once per person, and what strangers can cause."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from tests.clock import Clock
    from tests.supporter import Supporter


def test_getting_the_confirmation_link_changes_nothing(supporter: Supporter) -> None:
    supporter.submit()
    link = supporter.newest_mail().link("confirm")
    for method in (supporter.browser.get, supporter.browser.head):
        assert method(link).status_code == 200
    assert supporter.count() == 0


@pytest.mark.parametrize("by", ["link", "code"])
def test_a_link_opened_again_after_confirming_leads_to_the_thanks_page(
    supporter: Supporter, by: str
) -> None:
    check = supporter.submit()
    mail = supporter.newest_mail()
    link = mail.link("confirm")
    if by == "link":
        supporter.browser.post(link)
    else:
        supporter.browser.post(check, data={"code": mail.code})
    for method in (supporter.browser.get, supporter.browser.head, supporter.browser.post):
        answer = method(link)
        assert answer.status_code == 303
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Your signature counts" in supporter.browser.get(answer.location).text
    supporter.deliver()
    assert (supporter.count(), len(supporter.letters())) == (1, 1)


def test_a_link_opened_again_after_withdrawing_says_that_she_has_withdrawn(
    supporter: Supporter,
) -> None:
    private = supporter.sign()
    supporter.browser.post(f"{private}/withdraw")
    page = supporter.browser.get(supporter.mails()[0].link("confirm"), follow_redirects=True)
    assert "Withdrawn: it is no longer counted." in page.text
    assert supporter.count() == 0


def test_a_link_opened_again_after_deleting_says_that_nothing_is_there(
    supporter: Supporter,
) -> None:
    private = supporter.sign()
    supporter.browser.post(f"{private}/delete")
    link = supporter.mails()[0].link("confirm")
    for method in (supporter.browser.get, supporter.browser.post):
        answer = method(link)
        assert answer.status_code == 404
        assert "has been deleted" in answer.text


def test_confirming_again_and_on_another_device_is_confirming_once(supporter: Supporter) -> None:
    check = supporter.submit()
    mail = supporter.newest_mail()
    answers = [supporter.browser.post(mail.link("confirm")) for _ in range(2)]
    answers.append(supporter.browser.post(check, data={"code": mail.code}))
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    supporter.deliver()
    assert supporter.count() == 1
    assert len(supporter.letters()) == 1


def test_the_code_confirms_with_spaces_in_it(supporter: Supporter) -> None:
    check = supporter.submit()
    code = supporter.newest_mail().code
    response = supporter.browser.post(check, data={"code": f" {code[:3]} {code[3:]} "})
    assert response.status_code == 303
    assert supporter.count() == 1


def test_the_code_is_valid_for_30_minutes_from_the_mails_acceptance(
    supporter: Supporter, clock: Clock
) -> None:
    check = supporter.submit()
    clock.advance(hours=2)
    code = supporter.newest_mail().code
    clock.advance(minutes=31)
    assert supporter.browser.post(check, data={"code": code}).status_code == 422
    assert supporter.count() == 0


def test_after_five_wrong_codes_the_right_one_is_refused_too(supporter: Supporter) -> None:
    check = supporter.submit()
    code = supporter.newest_mail().code
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert supporter.browser.post(check, data={"code": wrong}).status_code == 422
    assert supporter.browser.post(check, data={"code": code}).status_code == 422
    assert supporter.count() == 0


def test_a_link_for_one_purpose_does_not_serve_another(supporter: Supporter) -> None:
    supporter.submit()
    token = supporter.newest_mail().link("confirm").rpartition("/")[2]
    for purpose in ("private", "check", "stop", "done"):
        assert supporter.browser.get(supporter.path(f"/{purpose}/{token}")).status_code == 404
    assert supporter.browser.post(supporter.path(f"/confirm/{token}x")).status_code == 404


def test_a_confirmation_link_ends_after_seven_days(supporter: Supporter, clock: Clock) -> None:
    supporter.submit()
    link = supporter.newest_mail().link("confirm")
    clock.advance(days=7, minutes=1)
    assert supporter.browser.post(link).status_code == 410
    assert supporter.count() == 0


def test_new_known_capped_stopped_and_held_addresses_get_the_same_answer(
    supporter: Supporter,
) -> None:
    def answer(kind: str) -> tuple[int, str]:
        trap = "filled in" if kind == "held" else ""
        response = supporter.post(
            supporter.form_after_preview(email=f"{kind}@example.org", comment=trap)
        )
        page = supporter.browser.get(response.location).text
        token = response.location.rpartition("/")[2]
        page = page.replace(f"{kind}@example.org", "ADDRESS")
        return response.status_code, page.replace(token, "TOKEN")

    supporter.sign(email="known@example.org")
    supporter.submit(email="stopped@example.org")
    supporter.browser.post(supporter.newest_mail("stopped@example.org").link("stop"))
    for _ in range(4):
        supporter.submit(email="capped@example.org")
    answers = {answer(kind) for kind in ("new", "known", "capped", "stopped", "held")}
    assert len(answers) == 1


def test_a_known_address_is_told_so_by_mail_only(supporter: Supporter) -> None:
    supporter.sign()
    supporter.submit(email="Testa+again@example.org")
    mail = supporter.newest_mail()
    assert mail.message["Subject"].startswith("You have already signed")
    assert supporter.browser.get(mail.link("private")).status_code == 200
    assert supporter.count() == 1


def test_one_person_counts_once_whatever_the_spelling_of_the_address(supporter: Supporter) -> None:
    for email in ("t.e.sta@gmail.com", "TESTA+x@googlemail.com", "te.sta@gmail.com"):
        supporter.submit(email=email)
    supporter.deliver()
    answers = [
        supporter.browser.post(mail.link("confirm")).status_code for mail in supporter.mails()
    ]
    assert answers[0] == 303
    assert set(answers[1:]) == {409}
    assert supporter.count() == 1


@pytest.mark.asvs("2.3.2")
def test_a_mailbox_gets_at_most_three_mails_a_day_over_all_spellings(
    supporter: Supporter, clock: Clock
) -> None:
    for number in range(6):
        check = supporter.submit(email=f"testa+{number}@example.org")
        supporter.browser.post(f"{check}/again")
    supporter.deliver()
    assert len(supporter.mails()) == 3
    clock.advance(days=1)
    supporter.submit(email="testa+new@example.org")
    supporter.deliver()
    assert len(supporter.mails("testa+new@example.org")) == 1


def test_stopping_is_for_good_and_drops_what_was_pending(supporter: Supporter) -> None:
    supporter.submit()
    mail = supporter.newest_mail()
    page = supporter.browser.get(mail.link("stop"))
    assert page.status_code == 200
    supporter.submit()
    supporter.deliver()
    assert len(supporter.mails()) == 2
    assert supporter.browser.post(mail.link("stop")).status_code == 200
    assert supporter.browser.post(mail.link("confirm")).status_code == 409
    supporter.submit()
    supporter.deliver()
    assert len(supporter.mails()) == 2


@pytest.mark.asvs("2.3.4")
def test_two_devices_that_confirm_at_the_same_moment_count_one_person(
    app: Flask, supporter: Supporter
) -> None:
    for number in range(8):
        email = f"twice{number}@example.org"
        for government in ("DE", "FR"):
            supporter.submit(email=email, government=government)
        supporter.deliver()
        links = [mail.link("confirm") for mail in supporter.mails(email)]
        start = Barrier(2)

        def press(link: str, start: Barrier = start) -> int:
            start.wait()
            return app.test_client().post(link).status_code

        with ThreadPoolExecutor(2) as devices:
            assert sorted(devices.map(press, links)) == [303, 409]
        assert supporter.count() == number + 1
