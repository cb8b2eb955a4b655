"""A campaign's dashboard: what needs attention, how it stands, and how it came about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from campaign.campaigns.pages.tile_map import tile_map
from campaign.console.access import console, requires
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.language.formats import territory_name
from campaign.operations.dashboard import (
    CHART_DAYS,
    CHART_HOURS,
    load_dashboard as figures_of_today,
)
from campaign.organisers.rules.roles import Permission
from campaign.signatures.console.charts import bar_chart
from campaign.signatures.rules.signature import SignatureState
from campaign.web.context import current_container

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response


@console.get("/c/<slug>/", strict_slashes=False)
@requires(Permission.COUNTS)
def today() -> Response:
    return dashboard_page()


def dashboard_page(*, status: int = 200, fault: str = "") -> Response:
    """Show how it stands; `fault`: why the switch for an attack was not turned."""
    site, chosen = current_container(), selected_campaign()
    with site.database.reading() as session:
        codes = [government.code for government in chosen.as_visit().governments()]
        figures = figures_of_today(
            session, site.keyring, site.totals_cache, chosen.shelved, codes, site.clock()
        )
    return console_page(
        "operations/dashboard.html",
        status=status,
        fault=fault,
        typed=request.form,
        chosen=chosen,
        figures=figures,
        states=_states(figures.states),
        tiles=tile_map(chosen.as_visit(), figures.by_government),
        hours=bar_chart([(f"{hour:%d %b %H:%M}", n) for hour, n in figures.by_hour]),
        days=bar_chart([(f"{day:%Y-%m-%d}", n) for day, n in figures.by_day]),
        shown_hours=CHART_HOURS,
        shown_days=CHART_DAYS,
        minute_old=site.totals_cache.ttl > 0,
        name=lambda code: territory_name(code, "en"),
    )


def _states(counted: Mapping[tuple[SignatureState, bool], int]) -> list[tuple[str, str, bool, int]]:
    """Return (name, state, held, number) of the signatures that are not in the headline."""
    found = [
        (
            "held",
            SignatureState.CONFIRMED.value,
            True,
            counted.get((SignatureState.CONFIRMED, True), 0),
        )
    ]
    for state in SignatureState:
        if state is not SignatureState.CONFIRMED:
            number = counted.get((state, True), 0) + counted.get((state, False), 0)
            found.append((state.value, state.value, False, number))
    return found
