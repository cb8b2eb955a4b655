"""The campaign that a page of the console is about: the one in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from flask import current_app, g

from campaign.campaigns.queries import campaigns as queries
from campaign.errors import NotFound
from campaign.web.context import PageContext, container

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Blueprint

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.campaigns.rows import CampaignRow


@dataclass(frozen=True)
class SelectedCampaign:
    """A campaign that a page of the console is about; `published` is None of a mere draft."""

    campaign_id: int
    slug: str
    name: str
    published: LoadedCampaign | None

    @property
    def loaded(self) -> LoadedCampaign:
        """Return what is published; raise NotFound if nothing is."""
        if self.published is None:
            raise NotFound(self.slug)
        return self.published

    def as_page_context(self) -> PageContext:
        """Return the campaign's page context for the English console."""
        return PageContext(self.loaded, container.languages["en"], container.clock())

    def require_same_campaign(self, campaign_id: int) -> None:
        """Raise NotFound for something that belongs to another campaign than the URL names."""
        if campaign_id != self.campaign_id:
            raise NotFound(self.slug)


def campaign_name(loaded: LoadedCampaign) -> str:
    """Return a campaign's name in the English console."""
    return loaded.campaign.words_in("en").name


def carry_slug_in_urls(console: Blueprint) -> None:
    """Take the campaign's slug from each URL, and add it to those that a page links to.

    So no view passes it on, and no link can omit it (Flask, "Internationalized Blueprint
    URLs").
    """

    @console.url_value_preprocessor
    def take(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.slug = values.pop("slug", None) if values else None

    @console.url_defaults
    def give(endpoint: str, values: dict[str, Any]) -> None:
        wanted = current_app.url_map.is_endpoint_expecting(endpoint, "slug")
        if wanted and "slug" not in values and (slug := _current_slug()):
            values["slug"] = slug


def my_campaigns() -> Sequence[SelectedCampaign]:
    """Return the campaigns that who is signed in works on, also drafts, once per request."""
    if "campaigns" not in g:
        with container.database.reading() as session:
            rows = queries.all_rows(session)
            loaded = {one.campaign_id: one for one in container.campaign_cache.all(session)}
        g.campaigns = [
            _selected(row, loaded.get(row.id)) for row in rows if g.current_user.may_see(row.id)
        ]
    return cast("Sequence[SelectedCampaign]", g.campaigns)


def _selected(row: CampaignRow, published: LoadedCampaign | None) -> SelectedCampaign:
    name = campaign_name(published) if published else row.name or row.slug
    return SelectedCampaign(row.id, row.slug, name, published)


def all_campaigns() -> list[LoadedCampaign]:
    """Return what is published of her campaigns."""
    return [one.published for one in my_campaigns() if one.published]


def published_campaigns() -> Sequence[SelectedCampaign]:
    """Return those of which words are published."""
    return [one for one in my_campaigns() if one.published]


def require_known_campaign() -> None:
    """Raise NotFound if the URL names a campaign that does not exist or is not hers."""
    slugs = {one.slug for one in my_campaigns()}
    if g.slug is not None and g.slug not in slugs:
        # What was open, or bookmarked, under an address of before still works.
        with container.database.reading() as session:
            g.slug = queries.current_address(session, g.slug) or g.slug
    if g.slug is not None:
        selected_campaign()


def selected_campaign() -> SelectedCampaign:
    """Return the campaign that the URL names, or raise NotFound."""
    found = selected_campaign_or_none()
    if found is None:
        raise NotFound(str(g.slug))
    return found


def selected_campaign_or_none() -> SelectedCampaign | None:
    """Return the URL's campaign, or the only one there is; None on a page about all campaigns."""
    if "current_user" not in g:
        return None
    slug = _current_slug()
    return next((one for one in my_campaigns() if one.slug == slug), None)


def selected_time_zone() -> ZoneInfo:
    """Return the zone in which a page shows and reads times: its campaign's, or UTC without one.

    A page about a draft says itself which it is (`g.time_zone`).
    """
    if "time_zone" in g:
        return cast("ZoneInfo", g.time_zone)
    found = selected_campaign_or_none()
    published = found.published if found else None
    return ZoneInfo(published.campaign.facts.time_zone if published else "UTC")


def _current_slug() -> str | None:
    campaigns = g.get("campaigns", ())
    only = campaigns[0].slug if len(campaigns) == 1 else None
    return g.get("slug") or only
