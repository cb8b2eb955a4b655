"""Faults that were found once, each with the way it was found."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, select

from campaign.errors import TransportError
from campaign.factory import create_app, create_worker
from campaign.store import counts
from campaign.store.rows import CampaignRow
from tests.transports_for_tests import Refusing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

    from campaign.domain.delivery import Envelope
    from campaign.factory import House
    from tests.clock import Clock
    from tests.supporter import Supporter


def set_fact(house: House, name: str, value: str) -> None:
    with house.database.writing() as session:
        row = session.scalars(select(CampaignRow)).one()
        row.facts = json.dumps({**json.loads(row.facts), name: value})


def test_deleting_by_the_link_of_a_withdrawn_signature_keeps_the_counters_right(
    supporter: Supporter, house: House
) -> None:
    first = supporter.sign()
    supporter.browser.post(f"{first}/withdraw")
    supporter.sign(government="FR")
    assert supporter.browser.post(f"{first}/delete").status_code == 200
    assert supporter.count() == 0
    with house.database.reading() as session:
        assert counts.differences(session) == []


def test_a_link_mailed_to_one_mailbox_has_no_power_over_another(supporter: Supporter) -> None:
    tagged = supporter.sign(email="testa+tag@example.org")
    supporter.browser.post(f"{tagged}/withdraw")
    other = supporter.sign(email="testa@example.org")
    supporter.browser.post(f"{tagged}/delete")
    assert supporter.count() == 1
    assert supporter.browser.get(other).status_code == 200


def test_stopping_by_an_old_mail_does_not_claim_what_it_cannot_do(
    supporter: Supporter, clock: Clock
) -> None:
    supporter.submit()
    mail = supporter.newest_mail()
    clock.advance(days=8)
    supporter.worker.sweep()
    answer = supporter.browser.post(mail.link("stop"))
    assert answer.status_code == 410
    assert "Done." not in answer.text


def test_a_letter_withdrawn_while_it_was_refused_for_now_does_not_leave_later(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    tried: list[str] = []

    def refusal(envelope: Envelope) -> TransportError | None:
        if envelope.name.startswith("letter-"):
            tried.append(envelope.name)
            supporter.browser.post(f"{private}/withdraw")
            return TransportError("450 later", permanent=False, code="450")
        return None

    transport = Refusing(refusal)
    supporter.worker, supporter.transport = create_worker(house, transport), transport
    private = supporter.sign()
    supporter.deliver()
    clock.advance(minutes=10)
    supporter.deliver()
    assert len(tried) == 1
    assert "will not be" in supporter.browser.get(private).text


def test_a_double_click_at_the_same_moment_is_one_submission(
    app: Flask, supporter: Supporter
) -> None:
    form = supporter.ready()
    start = Barrier(4)

    def press(_: int) -> int:
        start.wait()
        answer = app.test_client().post(
            supporter.path("/sign"), data=form, content_type="multipart/form-data"
        )
        return answer.status_code

    with ThreadPoolExecutor(4) as clicks:
        assert set(clicks.map(press, range(4))) == {303}
    supporter.deliver()
    assert len(supporter.mails()) == 1


@pytest.mark.parametrize("path", ["/en/%00", "/%00/counts.json", "/en/a%00b/sign"])
def test_a_nul_in_an_address_is_nothing_that_exists(supporter: Supporter, path: str) -> None:
    assert supporter.browser.get(path).status_code == 404


def test_a_letter_kept_in_a_file_is_not_called_handed_over_when_the_site_goes_live(
    supporter: Supporter,
    make_house: Callable[[dict[str, str]], House],
    environ: dict[str, str],
) -> None:
    private = supporter.sign()
    supporter.deliver()
    live = make_house(
        environ
        | {
            "CAMPAIGN_TRANSPORT": "smtp",
            "CAMPAIGN_SMTP_HOST": "127.0.0.1",
            "CAMPAIGN_SMTP_TLS": "none",
        }
    )
    page = create_app(live).test_client().get(private).text
    assert "handed to the ministry" not in page
    assert "has not left for the ministry" in page


def test_after_a_withdrawal_no_page_says_that_the_signature_counts(supporter: Supporter) -> None:
    private = supporter.sign()
    supporter.browser.post(f"{private}/withdraw")
    answer = supporter.browser.get(private.replace("/private/", "/done/"))
    assert answer.location == private


def test_the_same_form_after_a_withdrawal_is_a_new_submission(supporter: Supporter) -> None:
    form = supporter.ready()
    supporter.post(form)
    done = supporter.confirm()
    supporter.browser.post(f"{done.replace('/done/', '/private/')}/withdraw")
    supporter.post(form)
    supporter.deliver()
    assert len(supporter.mails()) == 2


def test_the_ledger_makes_its_folder(supporter: Supporter, house: House) -> None:
    private = supporter.sign()
    folder: Path = house.settings.instance
    folder.rename(folder.with_name("elsewhere"))
    assert supporter.browser.post(f"{private}/delete").status_code == 200
    assert (folder / "erased.ledger").exists()


def test_new_known_capped_and_stopped_addresses_take_the_same_statements(
    supporter: Supporter, house: House
) -> None:
    supporter.sign(email="known@example.org")
    supporter.submit(email="stopped@example.org")
    supporter.browser.post(supporter.newest_mail("stopped@example.org").link("stop"))
    for _ in range(4):
        supporter.submit(email="capped@example.org")
    seen: dict[str, list[str]] = {}

    for kind in ("new", "known", "capped", "stopped"):
        form = supporter.ready(email=f"{kind}@example.org")
        said = seen.setdefault(kind, [])

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            said.append(statement.split("RETURNING", maxsplit=1)[0][:60])  # noqa: B023 - removed below

        event.listen(house.database.engine, "before_cursor_execute", note)
        check = supporter.post(form).location
        supporter.browser.post(check, data={"code": "000000"})
        event.remove(house.database.engine, "before_cursor_execute", note)
    assert seen["new"] == seen["known"] == seen["capped"] == seen["stopped"]


def test_a_second_link_of_the_same_person_says_why_it_does_nothing(supporter: Supporter) -> None:
    supporter.submit()
    supporter.submit(government="FR")
    supporter.deliver()
    first, second = (mail.link("confirm") for mail in supporter.mails())
    supporter.browser.post(first)
    answer = supporter.browser.post(second)
    assert answer.status_code == 409
    assert "Another signature with your address was confirmed" in answer.text


@pytest.mark.parametrize("action", ["withdraw", "delete", "download", "correct", "letter"])
def test_a_button_behind_an_expired_private_link_offers_a_fresh_one(
    supporter: Supporter, clock: Clock, action: str
) -> None:
    private = supporter.sign()
    clock.advance(days=91)
    answer = supporter.browser.post(f"{private}/{action}", data={"name": "Testa"})
    assert answer.status_code == 410
    assert "Send me a fresh one" in answer.text
    assert supporter.count() == 1


def test_a_letter_that_is_not_open_yet_is_not_called_closed(
    supporter: Supporter, house: House
) -> None:
    set_fact(house, "opens_on", "2030-01-01")
    for path in (supporter.path(), supporter.path("/sign")):
        assert "does not take signatures yet" in supporter.browser.get(path).text


def test_a_reply_with_control_characters_is_kept_without_them(
    supporter: Supporter, house: House
) -> None:
    error = TransportError("550 bad \x00 thing", permanent=True, code="550")
    transport = Refusing(lambda envelope: error if "letter-" in envelope.name else None)
    supporter.worker, supporter.transport = create_worker(house, transport), transport
    private = supporter.sign()
    supporter.deliver()
    assert "refused" in supporter.browser.get(private).text


def test_stopping_twice_is_no_fault(supporter: Supporter) -> None:
    supporter.submit()
    link = supporter.newest_mail().link("stop")
    assert supporter.browser.post(link).status_code == 200
    again = supporter.browser.post(link)
    assert again.status_code == 409
    assert "you asked for no more mail" in again.text
