"""What somebody repeats is written down once: pressing again costs neither rows nor lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingState
from tests.web.test_routes import addresses, contents

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

FORMS: dict[str, dict[str, str]] = {
    "correct": {"name": "Testa Corrected", "town": "Testtown", "show_name": "y"},
    "letter": {"subject": "Another subject", "body": "Another text."},
    "report": {"report": "It has moved."},
    "check": {"code": "000000"},
    "clerk": {"wish": "digest"},
}
LAST = ("withdraw", "delete")


@pytest.mark.long
@pytest.mark.parametrize("way", ["we_send", "own_mail"])
def test_nothing_that_a_visitor_posts_again_is_written_again(
    app: Flask, supporter: Supporter, container: Container, clock: Clock, way: str
) -> None:
    paths = addresses(app, supporter, container, "POST")
    if way == "own_mail":
        own = supporter.sign(email="own@example.org", way="own_mail")
        paths = [own + path[path.index("/", path.index("/private/") + 9) :]
                 for path in paths if "/private/" in path]  # fmt: skip
    again = []
    for path in sorted(paths, key=lambda one: one.endswith(LAST[0]) + 2 * one.endswith(LAST[1])):
        parts = path.split("/")
        form = FORMS.get(parts[-1]) or FORMS.get(parts[-2]) or {}
        # The first ones may change something, such as the day's mails and a code's tries.
        press(app, clock, path, form, 7)
        before = written(container)
        press(app, clock, path, form, 20)
        if written(container) != before:
            again.append(path)
    assert again == []


def test_who_takes_back_a_consent_and_gives_it_again_is_believed_each_time(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(show_name="y")
    for _ in range(2):
        supporter.browser.post(f"{private}/correct", data={"name": "Testa", "send_letter": "y"})
        kept = {"name": "Testa", "send_letter": "y", "show_name": "y"}
        supporter.browser.post(f"{private}/correct", data=kept)
    assert len(house_ledger(container)) == 2


def test_a_form_that_is_sent_again_and_again_is_one_submission(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    form = supporter.form_after_preview()
    supporter.post(form)
    before = written(container)
    for _ in range(10):
        clock.advance(seconds=1)
        assert supporter.post(form).status_code == 303
    assert written(container) == before


@pytest.mark.long
@pytest.mark.parametrize("kind", ["new", "known", "stopped", "capped"])
def test_two_hundred_wishes_for_the_mail_leave_a_handful_of_rows(
    supporter: Supporter, container: Container, kind: str
) -> None:
    email = f"{kind}@example.org"
    if kind == "known":
        supporter.sign(email=email)
    check = supporter.submit(email=email)
    if kind == "stopped":
        supporter.browser.post(supporter.newest_mail(email).link("stop"))
        check = supporter.submit(email=email)
    for _ in range(2 if kind == "capped" else 0):
        supporter.submit(email=email)
    for _ in range(200):
        assert supporter.browser.post(f"{check}/again").status_code == 303
    with container.database.reading() as session:
        states = session.scalars(select(OutgoingRow.state)).all()
    assert len(states) - states.count(OutgoingState.DROPPED) <= 3
    # One for each submission whose mail was refused.
    assert states.count(OutgoingState.DROPPED) <= 2


def press(app: Flask, clock: Clock, path: str, form: dict[str, str], times: int) -> None:
    for _ in range(times):
        clock.advance(seconds=1)
        answer = app.test_client().post(path, data=form)
        assert answer.status_code < 500, answer.text


def written(container: Container) -> Any:
    """Return every row of every table, but of mails how many, and every line of the ledger."""
    rows = contents(container)
    return rows | {"outgoing": len(rows["outgoing"])}, house_ledger(container)


def house_ledger(container: Container) -> list[str]:
    path = container.settings.instance / "erased.ledger"
    return path.read_text().splitlines() if path.exists() else []
