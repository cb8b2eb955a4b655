"""`campaign letters answers|forget`: messages that came in, and deleting one for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from campaign.cli.options import by_option, open_container
from campaign.delivery.answers import erase_message_content
from campaign.delivery.queries import inbound
from campaign.delivery.rules.delivery import InboundKind
from campaign.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from campaign.delivery.rows import InboundRow

_KINDS = {
    InboundKind.DOUBTFUL: "; say in the console whether it is an answer",
    InboundKind.NO_ANSWER: "; no answer",
}


@click.command()
@click.option("--limit", default=200, type=click.IntRange(1), show_default=True)
def answers(limit: int) -> None:
    """List answers to letters, and messages that fit no letter, newest first."""
    with open_container() as container, container.database.reading() as session:
        slugs = {one.campaign_id: one.slug for one in container.campaign_cache.all(session)}
        for row in inbound.latest(session, limit):
            kind = _KINDS.get(row.kind, "")
            about = _filed_under(row, slugs)
            click.echo(f"{row.id}  {row.received_at:%Y-%m-%d %H:%M} UTC  {about}{kind}")


def _filed_under(row: InboundRow, slugs: Mapping[int, str]) -> str:
    if row.letter_id:
        return f"letter {row.letter_id}"
    if row.digest_id:
        return f"daily mail {row.digest_id}"
    if row.campaign_id:
        return f"campaign {slugs[row.campaign_id]}"
    return "fits no letter; say in the console what it answers, or forget it"


@click.command()
@click.argument("inbound_id", type=click.UUID)
@by_option
def forget(inbound_id: UUID, by: str) -> None:
    """Permanently delete a message’s content: junk, or what somebody asks to be deleted."""
    with open_container() as container, container.database.writing() as session:
        try:
            erase_message_content(session, inbound_id, by, container.clock())
        except NotFound:
            raise click.UsageError(f"there is no message {inbound_id}") from None
    click.echo("It is deleted.")
