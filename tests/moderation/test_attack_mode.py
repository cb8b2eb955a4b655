"""What stands out of late, and the switch for a campaign under attack, on Today."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from campaign.organisers.rules.roles import Role
from campaign.signatures.rules.signature import HoldReason
from tests.clock import START
from tests.helpers.signatures import add_confirmed
from tests.organiser import CONSOLE_PATH, sign_in_organiser

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.clock import Clock
    from tests.organiser import Organiser
    from tests.supporter import Supporter


def rows_of(page: str) -> list[list[str]]:
    """Return the tables' rows as words."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    return [re.sub(r"<[^>]+>", " ", row).split() for row in rows]


def test_the_switch_is_turned_and_turned_back_with_a_reason(
    owner: Organiser, supporter: Supporter
) -> None:
    begun = owner.post(f"{CONSOLE_PATH}/attack/begin", reason="a botnet")
    today = owner.get(begun.location).text
    assert "All new signatures are held from now on." in today
    assert "Under attack</strong> since" in today
    supporter.sign()
    assert "1 signature is held (came in while the campaign was under attack)" in owner.get(
        f"{CONSOLE_PATH}/"
    ).text.replace("\n", " ")
    ended = owner.post(f"{CONSOLE_PATH}/attack/end", reason="it is over")
    today = owner.get(ended.location).text
    assert "New signatures count again." in today
    assert "Under attack</strong>" not in today
    log = owner.get("/console/log").text
    assert "under attack: everything new is held" in log
    assert "not under attack any more" in log


def test_without_a_reason_the_switch_stays_and_says_so(owner: Organiser) -> None:
    answer = owner.post(f"{CONSOLE_PATH}/attack/begin", reason=" ")
    assert answer.status_code == 422
    assert "Please check these points" in answer.text
    assert "Hold all new signatures" in answer.text


def test_what_somebody_else_has_turned_already_is_said(owner: Organiser) -> None:
    owner.post(f"{CONSOLE_PATH}/attack/begin", reason="a botnet")
    answer = owner.post(f"{CONSOLE_PATH}/attack/begin", reason="a botnet, I think")
    assert answer.status_code == 409
    assert "Attack mode is already on." in answer.text
    assert "a botnet, I think" in answer.text


def test_a_viewer_sees_neither_the_switch_nor_what_stands_out(
    container: Container, app: Flask
) -> None:
    page = sign_in_organiser(container, app, Role.VIEWER).get(f"{CONSOLE_PATH}/").text
    assert "Under attack?" not in page
    assert "What stands out" not in page


def test_sources_domains_and_hours_of_the_last_day_stand_out(
    owner: Organiser, container: Container, app: Flask, clock: Clock
) -> None:
    add_confirmed(container, 12, "flood.example", source="poster")
    add_confirmed(container, 3, "family.example", held=True, held_for=HoldReason.RATE_LIMIT)
    clock.advance(minutes=10)
    page = owner.get(f"{CONSOLE_PATH}/").text
    assert ["poster", "12", "0", "12", "0"] in rows_of(page)
    assert ["(none)", "3", "0", "3", "3"] in rows_of(page)
    assert ["flood.example", "12", "0", "12", "0"] in rows_of(page)
    # So few may be a family's own.
    assert "family.example" not in page
    assert f"{START:%Y-%m-%d} 11:00</time> with 15" in page
    clock.advance(days=1)
    page = sign_in_organiser(container, app).get(f"{CONSOLE_PATH}/").text
    assert "Stands out today" not in page


def test_held_signatures_are_listed_and_let_go_by_their_reason(
    owner: Organiser, container: Container, supporter: Supporter
) -> None:
    add_confirmed(container, 2, held=True, held_for=HoldReason.RATE_LIMIT)
    add_confirmed(container, 1, held=True, held_for=HoldReason.HONEYPOT)
    page = owner.get(f"{CONSOLE_PATH}/signatures?held=flood").text
    assert page.count('held <span class="why">(too many from one network)') == 2
    assert "filled in the hidden field that people leave empty)" not in page
    assert "Release all 2" in page
    rule = owner.get(f"{CONSOLE_PATH}/signatures/rules/new?kind=release&held=flood").text
    assert '<option selected value="flood">' in rule
    seen = owner.post(f"{CONSOLE_PATH}/signatures/rules/preview", kind="release", held="flood").text
    assert "2 signatures match" in seen
    assert "held: too many from one network" in seen
    owner.post(
        f"{CONSOLE_PATH}/signatures/rules",
        kind="release",
        held="flood",
        seen="2",
        reason="a school",
    )
    supporter.deliver()
    assert supporter.count() == 2
