"""What commands share: the house, made from the environment, and the campaign meant."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from campaign.container import House, build
from campaign.errors import NotFound
from campaign.settings.read import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import Shelved

CAMPAIGN = click.option(
    "--campaign", "slug", default="", help="Its slug; not needed where there is one."
)

BY = click.option("--by", default=getpass.getuser, help="Who does. [default: your login name]")
"""Who is named in the log."""


@contextmanager
def house(*, counts: bool = False) -> Iterator[House]:
    """Give the environment's house for a while; `counts`: to a process that goes on."""
    made = build(read_settings(), counts=counts)
    try:
        yield made
    finally:
        made.database.close()


def chosen(made: House, session: Session, slug: str) -> Shelved:
    """Return the campaign with that slug, or the only one there is."""
    if slug:
        try:
            return made.shelf.by_slug(session, slug)
        except NotFound:
            raise click.UsageError(f"there is no campaign {slug}") from None
    shelved = made.shelf.all(session)
    if len(shelved) != 1:
        slugs = ", ".join(one.slug for one in shelved) or "none"
        raise click.UsageError(f"--campaign is needed: one of {slugs}")
    return shelved[0]
