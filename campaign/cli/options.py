"""What commands share: the house, made from the environment, and the campaign meant."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from campaign.container import Container, build_container
from campaign.errors import NotFound
from campaign.settings.load import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign

campaign_option = click.option(
    "--campaign", "slug", default="", help="Its slug; not needed where there is one."
)

by_option = click.option(
    "--by", default=getpass.getuser, help="Who does. [default: your login name]"
)
"""Who is named in the log."""


@contextmanager
def open_container(*, with_metrics: bool = False) -> Iterator[Container]:
    """Give the environment's container for a while; `with_metrics`: to a process that goes on."""
    container = build_container(load_settings(), with_metrics=with_metrics)
    try:
        yield container
    finally:
        container.database.close()


def select_campaign(container: Container, session: Session, slug: str) -> LoadedCampaign:
    """Return the campaign with that slug, or the only one there is."""
    if slug:
        try:
            return container.campaign_cache.by_slug(session, slug)
        except NotFound:
            raise click.UsageError(f"there is no campaign {slug}") from None
    shelved = container.campaign_cache.all(session)
    if len(shelved) != 1:
        slugs = ", ".join(one.slug for one in shelved) or "none"
        raise click.UsageError(f"--campaign is needed: one of {slugs}")
    return shelved[0]
