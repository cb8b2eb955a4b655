"""Sums over everything that was ever signed, for as long as they are good."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.operations.sums import Sums
from campaign.organisers.rules.roles import Role
from campaign.signatures.rules.signature import State
from campaign.web.context import EXTENSION
from campaign.web_app.application import create_app, site_of
from tests.organiser import CAMPAIGN, welcomed

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import House
    from tests.supporter import Supporter


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_sum_is_made_anew_when_it_is_a_minute_old(house: House, supporter: Supporter) -> None:
    seconds = Seconds()
    kept, anew = Sums(60.0, seconds), Sums(0.0, seconds)

    def pending(sums: Sums) -> int:
        with house.database.reading() as session:
            return sums.signatures(session, 1).get((State.PENDING, False), 0)

    assert (pending(kept), pending(anew)) == (0, 0)
    supporter.submit(email="testa@example.org")
    seconds.now = 59.0
    assert (pending(kept), pending(anew)) == (0, 1)
    seconds.now = 60.0
    assert (pending(kept), pending(anew)) == (1, 1)


def test_public_figures_are_shared_for_half_a_second_but_not_with_who_has_just_signed(
    house: House, app: Flask, supporter: Supporter
) -> None:
    seconds = Seconds()
    app.extensions[EXTENSION] = replace(site_of(house), counted=Sums(0.5, seconds))
    assert supporter.count() == 0
    private = supporter.sign(email="testa@example.org")
    done = supporter.browser.get(private.replace("/private/", "/done/"))
    assert "<strong>1</strong> person has signed" in done.text
    assert supporter.count() == 0
    seconds.now += 0.5
    assert supporter.count() == 1


def test_pages_say_where_sums_may_be_a_minute_old(house: House) -> None:
    site = site_of(house)
    busy = replace(site, sums=Sums(60.0))
    for shown, is_said in ((site, False), (busy, True)):
        app = create_app(house)
        app.extensions[EXTENSION] = shown
        owner = welcomed(house, app, Role.OWNER if is_said else Role.EDITOR)
        for path in (f"{CAMPAIGN}/", f"{CAMPAIGN}/letters"):
            assert ("may be a minute old" in owner.browser.get(path).text) is is_said, path
