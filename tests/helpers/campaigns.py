"""The campaigns of a site, as the code has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conftest import SLUG

if TYPE_CHECKING:
    from campaign.campaigns.cache import LoadedCampaign
    from campaign.container import Container


def loaded_campaign(container: Container, slug: str = SLUG) -> LoadedCampaign:
    with container.database.reading() as session:
        return container.campaign_cache.by_slug(session, slug)
