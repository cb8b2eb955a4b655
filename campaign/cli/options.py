"""What commands share: their container, `--campaign`, `--by`, `--reason`, and their errors."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from campaign.container import Container, build_container
from campaign.errors import InvalidText, NoLongerPossible, NotFound
from campaign.organisers.audit_log import MAX_JUSTIFICATION, MAX_JUSTIFICATION_BY
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
"""The person named in the audit log."""

reason_option = click.option("--reason", required=True, help="Why; kept in the log.")

_ERROR_MESSAGES = {
    "no-reason": "say in --reason why and in --by who",
    "too-long": (
        f"--by has room for {MAX_JUSTIFICATION_BY} characters and --reason for {MAX_JUSTIFICATION}"
    ),
}


@contextmanager
def open_container(*, with_metrics: bool = False) -> Iterator[Container]:
    """Open a container with the settings in the environment, and close its database at the end.

    `with_metrics`: for a long-running process.
    """
    container = build_container(load_settings(), with_metrics=with_metrics)
    try:
        yield container
    finally:
        container.database.close()


def select_campaign(container: Container, session: Session, slug: str) -> LoadedCampaign:
    """Return the campaign with this slug or, without a slug, the only campaign.

    Raise UsageError if there is none, or if a slug is needed to choose between several.
    """
    if slug:
        try:
            return container.campaign_cache.by_slug(session, slug)
        except NotFound:
            raise click.UsageError(f"there is no campaign {slug}") from None
    loaded = container.campaign_cache.all(session)
    if len(loaded) != 1:
        slugs = ", ".join(one.slug for one in loaded) or "none"
        raise click.UsageError(f"--campaign is needed: one of {slugs}")
    return loaded[0]


@contextmanager
def transaction() -> Iterator[tuple[Container, Session]]:
    """Open the container with a writing transaction; turn domain errors into usage errors."""
    with open_container() as container, container.database.writing() as session, usage_errors():
        yield container, session


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn domain errors into usage errors with a sentence."""
    try:
        yield
    except NoLongerPossible as error:
        raise click.UsageError(f"this is not possible any more: it is {error}") from None
    except InvalidText as error:
        said = "--reason or --by has signs in it that cannot be kept"
        raise click.UsageError(_ERROR_MESSAGES.get(error.reason, said)) from None
