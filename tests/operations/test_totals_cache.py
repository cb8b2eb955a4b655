"""Sums over everything that was ever signed, for as long as they are good."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.operations.totals_cache import TotalsCache
from campaign.organisers.rules.roles import Role
from campaign.signatures.rules.signature import SignatureState
from campaign.web.context import WEB_SERVICES
from campaign.web_app import create_app, create_web_services
from tests.helpers.campaign_facts import set_fact
from tests.organiser import CONSOLE_PATH, onboard_organiser

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.supporter import Supporter


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_sum_is_made_anew_when_it_is_a_minute_old(
    container: Container, supporter: Supporter
) -> None:
    seconds = Seconds()
    kept, anew = TotalsCache(60.0, seconds), TotalsCache(0.0, seconds)

    def pending(sums: TotalsCache) -> int:
        with container.database.reading() as session:
            return sums.signatures_by_state(session, 1).get((SignatureState.PENDING, False), 0)

    assert (pending(kept), pending(anew)) == (0, 0)
    supporter.submit(email="testa@example.org")
    seconds.now = 59.0
    assert (pending(kept), pending(anew)) == (0, 1)
    seconds.now = 60.0
    assert (pending(kept), pending(anew)) == (1, 1)


def test_public_figures_are_shared_for_half_a_second_but_not_with_who_has_just_signed(
    container: Container, app: Flask, supporter: Supporter
) -> None:
    seconds = Seconds()
    app.extensions[WEB_SERVICES] = replace(
        create_web_services(container), public_totals_cache=TotalsCache(0.5, seconds)
    )
    assert supporter.count() == 0
    set_fact(container, "show_count_from", 1)
    private = supporter.sign(email="testa@example.org")
    done = supporter.browser.get(private.replace("/private/", "/done/"))
    assert "<strong>1</strong> person has signed" in done.text
    assert supporter.count() == 0
    seconds.now += 0.5
    assert supporter.count() == 1


def test_pages_say_where_sums_may_be_a_minute_old(container: Container) -> None:
    usual = create_web_services(container)
    busy = replace(usual, totals_cache=TotalsCache(60.0))
    for shown, is_said in ((usual, False), (busy, True)):
        app = create_app(container)
        app.extensions[WEB_SERVICES] = shown
        owner = onboard_organiser(container, app, Role.OWNER if is_said else Role.EDITOR)
        for path in (f"{CONSOLE_PATH}/", f"{CONSOLE_PATH}/letters"):
            assert ("up to a minute old" in owner.browser.get(path).text) is is_said, path
