"""The console's first page: all campaigns, how they stand, and what needs attention in any."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import redirect, request, url_for

from campaign.console.access import console, requires
from campaign.console.pages import console_page
from campaign.console.selected_campaign import (
    SelectedCampaign,
    all_campaigns,
    selected_campaign_or_none,
)
from campaign.language.formats import territory_name
from campaign.operations.dashboard import load_overview as overview_of
from campaign.organisers.rules.roles import Permission
from campaign.web.context import current_container

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

ENDPOINTS_BY_OLD_PATH = {
    "counts": "counts",
    "signatures": "signatures",
    "letters": "letters",
    "news": "news",
    "exports": "exports_page",
}
"""The views that had addresses without a campaign, by what those ended with."""


@console.get("/", strict_slashes=False)
@requires(Permission.COUNTS)
def overview() -> WerkzeugResponse:
    """All campaigns; where there is only one, its dashboard."""
    if selected_campaign_or_none():
        return redirect(url_for("console.today", said=request.args.get("said")), 303)
    return _page()


@console.get(f"/<any({','.join(ENDPOINTS_BY_OLD_PATH)}):page>")
@requires(Permission.COUNTS)
def without_campaign(page: str) -> WerkzeugResponse:
    """Lead old addresses to a campaign's page: the one they name, or the only one there is."""
    shown, named = selected_campaign_or_none(), request.args.get("campaign")
    slug = named or (shown.slug if shown else None)
    if slug is None:
        return redirect(url_for("console.overview"), 303)
    # Joined by hand: what an address brings is never url_for's to read.
    query = urlencode([pair for pair in request.args.items(multi=True) if pair[0] != "campaign"])
    target = url_for(f"console.{ENDPOINTS_BY_OLD_PATH[page]}", slug=slug)
    return redirect(f"{target}?{query}" if query else target, 303)


def _page() -> Response:
    site = current_container()
    campaigns = [SelectedCampaign(shelved) for shelved in all_campaigns()]
    codes = {government.code for one in campaigns for government in one.as_visit().governments()}
    with site.database.reading() as session:
        shown = overview_of(session, site.totals_cache, all_campaigns(), codes, site.clock())
    return console_page(
        "operations/overview.html",
        overview=shown,
        campaigns=campaigns,
        today=site.clock().date(),
        minute_old=site.totals_cache.ttl > 0,
        name=lambda code: territory_name(code, "en"),
    )
