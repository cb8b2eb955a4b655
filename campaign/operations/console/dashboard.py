"""A campaign's dashboard: what needs attention, how it stands, and how it came about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from campaign.campaigns.console import chosen_campaign
from campaign.campaigns.pages.tile_map import tile_map
from campaign.console.guard import console, needs
from campaign.console.pages import console_page
from campaign.language.formats import territory
from campaign.operations.dashboard import DAYS, HOURS, today as figures_of_today
from campaign.organisers.rules.roles import Right
from campaign.signatures.console.charts import bar_chart
from campaign.signatures.rules.signature import State
from campaign.web.context import current_site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response


@console.get("/c/<slug>/", strict_slashes=False)
@needs(Right.COUNTS)
def today() -> Response:
    return today_page()


def today_page(*, status: int = 200, fault: str = "") -> Response:
    """Show how it stands; `fault`: why the switch for an attack was not turned."""
    site, chosen = current_site(), chosen_campaign()
    with site.database.reading() as session:
        codes = [government.code for government in chosen.seen().governments()]
        figures = figures_of_today(
            session, site.keyring, site.sums, chosen.shelved, codes, site.clock()
        )
    return console_page(
        "today.html",
        status=status,
        fault=fault,
        typed=request.form,
        chosen=chosen,
        figures=figures,
        states=_states(figures.states),
        tiles=tile_map(chosen.seen(), figures.by_government),
        hours=bar_chart([(f"{hour:%d %b %H:%M}", n) for hour, n in figures.by_hour]),
        days=bar_chart([(f"{day:%Y-%m-%d}", n) for day, n in figures.by_day]),
        shown_hours=HOURS,
        shown_days=DAYS,
        minute_old=site.sums.seconds > 0,
        name=lambda code: territory(code, "en"),
    )


def _states(counted: Mapping[tuple[State, bool], int]) -> list[tuple[str, str, bool, int]]:
    """Return (name, state, held, number) of the signatures that are not in the headline."""
    found = [("held", State.CONFIRMED.value, True, counted.get((State.CONFIRMED, True), 0))]
    for state in State:
        if state is not State.CONFIRMED:
            number = counted.get((state, True), 0) + counted.get((state, False), 0)
            found.append((state.value, state.value, False, number))
    return found
