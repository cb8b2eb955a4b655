"""Faults that were found once, each with the way it was found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import DBAPIError

from campaign.errors import TransportError
from campaign.services import create_worker
from campaign.signatures.queries import counts
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState
from campaign.web_app import create_app
from tests.helpers.settings import live_environ
from tests.helpers.transports import RefusingTransport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Envelope
    from tests.clock import Clock
    from tests.supporter import Supporter


def test_deleting_by_the_link_of_a_withdrawn_signature_keeps_the_counters_right(
    supporter: Supporter, container: Container
) -> None:
    first = supporter.sign()
    supporter.browser.post(f"{first}/withdraw")
    supporter.sign(government="FR")
    assert supporter.browser.post(f"{first}/delete").status_code == 200
    assert supporter.count() == 0
    with container.database.reading() as session:
        assert counts.find_mismatches(session) == []


@pytest.mark.asvs("8.2.2")
def test_a_link_mailed_to_one_mailbox_has_no_power_over_another(supporter: Supporter) -> None:
    tagged = supporter.sign(email="testa+tag@example.org")
    supporter.browser.post(f"{tagged}/withdraw")
    other = supporter.sign(email="testa@example.org")
    supporter.browser.post(f"{tagged}/delete")
    assert supporter.count() == 1
    assert supporter.browser.get(other).status_code == 200


def test_stopping_works_also_when_what_was_typed_is_deleted_already(
    supporter: Supporter, clock: Clock
) -> None:
    supporter.submit()
    mail = supporter.newest_mail()
    clock.advance(days=8)
    supporter.worker.run_housekeeping()
    answer = supporter.browser.post(mail.link("stop"))
    assert answer.status_code == 200
    assert "Done." in answer.text
    before = len(supporter.mails())
    supporter.submit()
    supporter.deliver()
    assert len(supporter.mails()) == before


def test_a_letter_withdrawn_while_it_was_refused_for_now_does_not_leave_later(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    tried: list[str] = []

    def refusal(envelope: Envelope) -> TransportError | None:
        if envelope.name.startswith("letter-"):
            tried.append(envelope.name)
            supporter.browser.post(f"{private}/withdraw")
            return TransportError("450 later", permanent=False, code="450")
        return None

    transport = RefusingTransport(refusal)
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    private = supporter.sign()
    supporter.deliver()
    clock.advance(minutes=10)
    supporter.deliver()
    assert len(tried) == 1
    assert "will not be" in supporter.browser.get(private).text


def test_a_double_click_at_the_same_moment_is_one_submission(
    app: Flask, supporter: Supporter
) -> None:
    form = supporter.form_after_preview()
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
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
    command: Callable[..., Result],
) -> None:
    private = supporter.sign()
    supporter.deliver()
    command("trial", "keep", "--reason", "They meant it")
    live = make_container(live_environ(environ))
    page = create_app(live).test_client().get(private).text
    assert "delivered to the office’s mail server" not in page
    assert "was not sent to the office" in page


def test_after_a_withdrawal_no_page_says_that_the_signature_counts(supporter: Supporter) -> None:
    private = supporter.sign()
    supporter.browser.post(f"{private}/withdraw")
    answer = supporter.browser.get(private.replace("/private/", "/done/"))
    assert answer.location == private


def test_the_same_form_after_a_withdrawal_is_a_new_submission(supporter: Supporter) -> None:
    form = supporter.form_after_preview()
    supporter.post(form)
    done = supporter.confirm()
    supporter.browser.post(f"{done.replace('/done/', '/private/')}/withdraw")
    supporter.post(form)
    supporter.deliver()
    assert len(supporter.mails()) == 2


def test_the_ledger_makes_its_folder(supporter: Supporter, container: Container) -> None:
    private = supporter.sign()
    folder: Path = container.settings.instance
    folder.rename(folder.with_name("elsewhere"))
    assert supporter.browser.post(f"{private}/delete").status_code == 200
    assert (folder / "erased.ledger").exists()


def test_new_known_capped_stopped_and_held_addresses_take_the_same_statements(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign(email="known@example.org")
    supporter.submit(email="stopped@example.org")
    supporter.browser.post(supporter.newest_mail("stopped@example.org").link("stop"))
    for _ in range(4):
        supporter.submit(email="capped@example.org")
    seen: dict[str, list[str]] = {}

    for kind in ("new", "known", "capped", "stopped", "held"):
        trap = "filled in" if kind == "held" else ""
        form = supporter.form_after_preview(email=f"{kind}@example.org", comment=trap)
        said = seen.setdefault(kind, [])

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            said.append(statement.split("RETURNING", maxsplit=1)[0][:60])  # noqa: B023 - removed below

        event.listen(container.database.engine, "before_cursor_execute", note)
        check = supporter.post(form).location
        supporter.browser.post(check, data={"code": "000000"})
        event.remove(container.database.engine, "before_cursor_execute", note)
    assert len({tuple(said) for said in seen.values()}) == 1, seen


def test_a_second_link_of_the_same_person_says_why_it_does_nothing(supporter: Supporter) -> None:
    supporter.submit()
    supporter.submit(government="FR")
    supporter.deliver()
    first, second = (mail.link("confirm") for mail in supporter.mails())
    supporter.browser.post(first)
    answer = supporter.browser.post(second)
    assert answer.status_code == 409
    assert "You signed again, or asked for no more e-mail." in answer.text


@pytest.mark.parametrize("action", ["withdraw", "delete", "download", "correct", "letter"])
def test_a_button_behind_an_expired_private_link_offers_a_fresh_one(
    supporter: Supporter, clock: Clock, action: str
) -> None:
    private = supporter.sign()
    clock.advance(days=91)
    answer = supporter.browser.post(f"{private}/{action}", data={"name": "Testa"})
    assert answer.status_code == 410
    assert "Send me a new link" in answer.text
    assert supporter.count() == 1


def test_a_reply_with_control_characters_is_kept_without_them(
    supporter: Supporter, container: Container
) -> None:
    error = TransportError("550 bad \x00 thing", permanent=True, code="550")
    transport = RefusingTransport(lambda envelope: error if "letter-" in envelope.name else None)
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    private = supporter.sign()
    supporter.deliver()
    assert "refused" in supporter.browser.get(private).text


def test_stopping_twice_is_stopping_once(supporter: Supporter) -> None:
    supporter.submit()
    link = supporter.newest_mail().link("stop")
    for _ in range(2):
        answer = supporter.browser.post(link)
        assert answer.status_code == 200
        assert "Done." in answer.text


def test_whoever_wants_no_mail_of_visitors_still_gets_a_fresh_private_link(
    supporter: Supporter,
) -> None:
    private = supporter.sign()
    supporter.submit(government="FR")
    supporter.browser.post(supporter.newest_mail().link("stop"))
    supporter.browser.post(f"{private}/fresh")
    assert "Here is the new link" in supporter.newest_mail().text


def test_new_tries_begin_when_the_new_code_has_arrived_and_not_when_it_is_asked_for(
    supporter: Supporter, clock: Clock
) -> None:
    check = supporter.submit()
    code = supporter.newest_mail().code
    for _ in range(5):
        supporter.browser.post(check, data={"code": "000000" if code != "000000" else "1"})
    supporter.browser.post(f"{check}/again")
    assert supporter.browser.post(check, data={"code": code}).status_code == 422
    clock.advance(minutes=1)
    assert supporter.browser.post(check, data={"code": supporter.newest_mail().code}).location


def test_any_number_of_wrong_codes_is_no_fault(supporter: Supporter, container: Container) -> None:
    check = supporter.submit()
    with container.database.writing() as session:
        session.execute(update(SignatureRow).values(code_tries=32_767))
    assert supporter.browser.post(check, data={"code": "1"}).status_code == 422


def test_deleting_from_two_devices_at_the_same_moment_deletes_once(
    app: Flask, supporter: Supporter, container: Container
) -> None:
    links = []
    for government in ("DE", "FR", "IT"):
        links.append(supporter.sign(government=government))
        supporter.browser.post(f"{links[-1]}/withdraw")
    start = Barrier(len(links))

    def delete(link: str) -> int:
        start.wait()
        return app.test_client().post(f"{link}/delete").status_code

    with ThreadPoolExecutor(len(links)) as devices:
        assert set(devices.map(delete, links)) <= {200, 404}
    with container.database.reading() as session:
        assert session.scalars(select(SignatureRow.sealed)).all() == [None] * 3
        assert counts.find_mismatches(session) == []


def test_what_was_signed_twice_is_dropped_after_a_day(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    supporter.submit(government="FR")
    clock.advance(days=1, minutes=1)
    supporter.worker.run_housekeeping()
    with container.database.reading() as session:
        states = session.scalars(select(SignatureRow.state).order_by(SignatureRow.created_at))
        assert list(states) == [SignatureState.CONFIRMED, SignatureState.DROPPED]


def test_one_look_at_the_figures_sees_one_moment(
    supporter: Supporter, container: Container
) -> None:
    """A page, a file or the check never adds up what two moments said."""
    supporter.sign()
    with container.database.reading() as session:
        before = counts.total(session, 1)
        supporter.sign(email="another@example.org")
        assert counts.total(session, 1) == before == 1
    assert supporter.count() == 2


@pytest.mark.asvs("16.2.5")
def test_a_databases_error_does_not_repeat_what_somebody_typed(container: Container) -> None:
    with container.database.reading() as session, pytest.raises(DBAPIError) as caught:
        session.execute(text("SELECT :value FROM nowhere"), {"value": "testa@example.org"})
    assert "testa" not in str(caught.value)
