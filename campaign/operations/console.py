"""The first page of the console, and a campaign's dashboard."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from flask import redirect, request, url_for

from campaign.campaigns.pages.tile_map import tile_map
from campaign.console.access import console, requires
from campaign.console.pages import console_page
from campaign.console.selected_campaign import (
    all_campaigns,
    published_campaigns,
    selected_campaign,
    selected_campaign_or_none,
    selected_time_zone,
)
from campaign.console.session import current_user
from campaign.language.formats import territory_name
from campaign.letters.rules.letter import LETTER_STATE_LABELS
from campaign.operations.dashboard import (
    load_dashboard as figures_of_today,
    load_overview as overview_of,
)
from campaign.organisers.rules.roles import Permission
from campaign.signatures.console.charts import growth_chart, stacked_bar
from campaign.signatures.rules.signature import SignatureState
from campaign.web.context import container, web_services

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.operations.dashboard import CampaignDashboard, Overview
    from campaign.signatures.console.charts import GrowthChart

FiguresT = TypeVar("FiguresT", bound="CampaignDashboard | Overview")


@console.get("/c/<slug>/", strict_slashes=False)
@requires(Permission.VIEW_COUNTS)
def dashboard() -> WerkzeugResponse:
    """Show the dashboard, or the draft of a campaign of which nothing is published."""
    if selected_campaign().published is None:
        edits = current_user().has_permission(Permission.EDIT)
        return redirect(url_for("console.edit_letter" if edits else "console.team"), 303)
    zone, chosen = selected_time_zone(), selected_campaign()
    with container.database.reading() as session:
        figures = figures_of_today(
            session,
            container.keyring,
            web_services.totals_cache,
            chosen.loaded,
            container.written_to([chosen.loaded]),
            container.clock(),
        )
    figures = _without_unfiled_of_others(figures)
    works = current_user().has_permission(Permission.EDIT)
    span = request.args.get("span", "")
    return console_page(
        "operations/dashboard.html",
        dashboard=figures,
        goal=chosen.loaded.campaign.facts.goal,
        replica=container.database.replica_health(),
        states=_states(figures.states),
        letters=stacked_bar(_letter_parts(figures, works=works)),
        tiles=tile_map(chosen.as_page_context(), figures.by_government),
        growth=_growth(figures, span, zone),
        span=span if span in SPANS else DEFAULT_SPAN,
        spans=SPANS,
        totals_are_cached=web_services.totals_cache.ttl > 0,
        government_name=lambda code: territory_name(code, "en"),
    )


SPANS = {"hours": "48 hours", "days": "30 days", "all": "All time"}
"""What the curve can show, by its name in the URL."""

DEFAULT_SPAN = "days"
SHORT_SPAN_DAYS = 30


def _growth(figures: CampaignDashboard, span: str, zone: ZoneInfo) -> GrowthChart:
    """Return the curve of the total, with bars for each hour or day."""
    if span == "hours":
        values = [_hour_in(zone, *pair) for pair in figures.by_hour]
    else:
        days = figures.by_day if span == "all" else figures.by_day[-SHORT_SPAN_DAYS:]
        values = [(f"{day:%Y-%m-%d}", number) for day, number in days]
    return growth_chart(values, figures.confirmed - sum(number for _, number in values))


def _letter_parts(figures: CampaignDashboard, *, works: bool) -> list[tuple[str, str, int, str]]:
    """Return the states that letters are in, each with its list for who may see it."""
    return [
        (
            state.value,
            LETTER_STATE_LABELS[state],
            number,
            url_for("console.letters", state=state.value) if works else "",
        )
        for state, number in figures.letters.items()
    ]


def _without_unfiled_of_others(shown: FiguresT) -> FiguresT:
    """Return the figures without unfiled mail, unless it is for who is signed in to file."""
    if current_user().has_permission(Permission.MANAGE_SITE):
        return shown
    return replace(shown, unfiled=0)


def _hour_in(zone: ZoneInfo, hour: datetime, number: int) -> tuple[str, int]:
    return f"{hour.astimezone(zone):%d %b %H:%M}", number


def _states(counts: Mapping[tuple[SignatureState, bool], int]) -> list[tuple[str, str, bool, int]]:
    """Return (name, state, held, number) for the signatures that the headline leaves out."""
    found = [
        (
            "held",
            SignatureState.CONFIRMED.value,
            True,
            counts.get((SignatureState.CONFIRMED, True), 0),
        )
    ]
    for state in SignatureState:
        if state is not SignatureState.CONFIRMED:
            number = counts.get((state, True), 0) + counts.get((state, False), 0)
            found.append((state.value, state.value, False, number))
    return found


ENDPOINTS_BY_OLD_PATH = {
    "counts": "counts",
    "signatures": "signatures",
    "letters": "letters",
    "news": "list_news",
    "exports": "exports",
}
"""The views that used to have URLs without a campaign, by the last part of those URLs."""


@console.get("/", strict_slashes=False)
@requires(Permission.VIEW_COUNTS)
def overview() -> WerkzeugResponse:
    """Show all campaigns, or the dashboard if there is only one campaign."""
    if selected_campaign_or_none():
        return redirect(url_for("console.dashboard", said=request.args.get("said")), 303)
    return _page()


@console.get(f"/<any({','.join(ENDPOINTS_BY_OLD_PATH)}):page>")
@requires(Permission.VIEW_COUNTS)
def redirect_to_campaign(page: str) -> WerkzeugResponse:
    """Redirect old URLs to a campaign's page: the one they name, or the only one there is."""
    shown, named = selected_campaign_or_none(), request.args.get("campaign")
    slug = named or (shown.slug if shown else None)
    if slug is None:
        return redirect(url_for("console.overview"), 303)
    # Joined by hand, because url_for must never interpret what a URL contains.
    query = urlencode([pair for pair in request.args.items(multi=True) if pair[0] != "campaign"])
    target = url_for(f"console.{ENDPOINTS_BY_OLD_PATH[page]}", slug=slug)
    return redirect(f"{target}?{query}" if query else target, 303)


def _page() -> Response:
    campaigns = published_campaigns()
    with container.database.reading() as session:
        shown = overview_of(
            session,
            web_services.totals_cache,
            all_campaigns(),
            container.written_to(all_campaigns()),
            container.clock(),
        )
    return console_page(
        "operations/overview.html",
        overview=_without_unfiled_of_others(shown),
        replica=container.database.replica_health(),
        campaigns=campaigns,
        today=container.clock().date(),
        totals_are_cached=web_services.totals_cache.ttl > 0,
        government_name=lambda code: territory_name(code, "en"),
    )
