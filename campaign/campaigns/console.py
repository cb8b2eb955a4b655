"""Which campaign a page of the console is about: the one in its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from flask import current_app, g

from campaign.errors import NotFound
from campaign.web.context import Visit, current_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Blueprint

    from campaign.campaigns.cache import Shelved


@dataclass(frozen=True)
class Chosen:
    """The campaign of a page."""

    shelved: Shelved

    @property
    def campaign_id(self) -> int:
        return self.shelved.campaign_id

    @property
    def slug(self) -> str:
        return self.shelved.slug

    @property
    def name(self) -> str:
        return name_of(self.shelved)

    def seen(self) -> Visit:
        """Return the campaign as the English console sees it."""
        site = current_site()
        return Visit(self.shelved, site.languages["en"], site.clock())

    def must_have(self, campaign_id: int) -> None:
        """Raise NotFound for what belongs to another campaign than the address says."""
        if campaign_id != self.campaign_id:
            raise NotFound(self.slug)


def name_of(shelved: Shelved) -> str:
    """Return what a campaign is called in the English console."""
    return shelved.campaign.words_in("en").name


def keep_slug_in_addresses(console: Blueprint) -> None:
    """Take the campaign out of each address, and put it into those that a page links to.

    So no view passes it on, and no link can forget it (Flask, "Internationalized Blueprint URLs").
    """

    @console.url_value_preprocessor
    def take(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.slug = values.pop("slug", None) if values else None

    @console.url_defaults
    def give(endpoint: str, values: dict[str, Any]) -> None:
        wanted = current_app.url_map.is_endpoint_expecting(endpoint, "slug")
        if wanted and "slug" not in values and (slug := _current_slug()):
            values["slug"] = slug


def all_campaigns() -> Sequence[Shelved]:
    """Return the campaigns that there are, read once a request."""
    if "campaigns" not in g:
        site = current_site()
        with site.database.reading() as session:
            g.campaigns = site.shelf.all(session)
    return cast("Sequence[Shelved]", g.campaigns)


def must_be_known() -> None:
    """Raise NotFound if the address names a campaign, and there is none under that name."""
    all_campaigns()
    if g.slug is not None:
        chosen_campaign()


def chosen_campaign() -> Chosen:
    """Return the campaign that the address names, or raise NotFound."""
    found = campaign_shown()
    if found is None:
        raise NotFound(str(g.slug))
    return found


def campaign_shown() -> Chosen | None:
    """Return the address's campaign, or the only one there is; None on a page about them all."""
    found = [one for one in all_campaigns() if one.slug == _current_slug()]
    return Chosen(found[0]) if found else None


def _current_slug() -> str | None:
    campaigns = g.get("campaigns", ())
    only = campaigns[0].slug if len(campaigns) == 1 else None
    return g.get("slug") or only
