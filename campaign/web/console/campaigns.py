"""Which campaign a page of the console is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request

from campaign.errors import NotFound
from campaign.web.context import Visit, current_site

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaign.services.shelf import Shelved


@dataclass(frozen=True)
class Chosen:
    """The campaign that is meant, and all that there are."""

    shelved: Shelved
    all: list[Shelved]

    @property
    def slug(self) -> str:
        return self.shelved.slug

    @property
    def name(self) -> str:
        return self.shelved.campaign.words_in("en").name

    def seen(self) -> Visit:
        """Return the campaign as the English console sees it."""
        site = current_site()
        return Visit(self.shelved, site.languages["en"], site.clock())


def chosen_campaign(session: Session) -> Chosen:
    """Return the campaign that the address or form names, by default the site's own."""
    site = current_site()
    shelved = site.shelf.all(session)
    wanted = request.values.get("campaign", "") or site.default_slug
    found = next((one for one in shelved if one.slug == wanted), None)
    if found is None and request.values.get("campaign"):
        raise NotFound(wanted)
    return Chosen(found or shelved[0], shelved)
