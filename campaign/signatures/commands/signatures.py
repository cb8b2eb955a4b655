"""`campaign signatures`: find signatures, and take out or let go on those that need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from campaign.campaigns.rules.consents import OPTIONAL_CONSENTS
from campaign.cli.options import open_container
from campaign.errors import InvalidText
from campaign.signatures import search
from campaign.signatures.queries import signatures as store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.signatures.rows.signatures import SignatureRow


@click.group()
def signatures() -> None:
    """Find signatures, take out what is no person's, and let go on what is held."""


@signatures.command()
@click.option("--email", default="", help="An address, in this or another spelling.")
@click.option("--name", default="", help="A whole name.")
@click.option("--id", "signature_id", type=click.UUID, help="A signature's id.")
def find(email: str, name: str, signature_id: UUID | None) -> None:
    """Find what one person signed. Shows ids and states, and no names."""
    if sum(map(bool, (email, name, signature_id))) != 1:
        raise click.UsageError("give one of --email, --name and --id")
    with open_container() as container, container.database.reading() as session:
        try:
            rows = _found(container, session, email, name, signature_id)
        except InvalidText:
            raise click.UsageError("this is not a usable e-mail address") from None
        for row in rows:
            slug = container.campaign_cache.by_id(session, row.campaign_id).slug
            click.echo(f"{format_signature(row)}  {slug}  {_consents(row)}")
    if not rows:
        raise click.ClickException("There is no such signature.")


def _found(
    container: Container, session: Session, email: str, name: str, signature_id: UUID | None
) -> Sequence[SignatureRow]:
    if email:
        return search.by_email(session, container.keyring, email)
    if name:
        return search.by_name(session, container.keyring, name)
    assert signature_id is not None
    row = store.find(session, signature_id)
    return [row] if row else []


def format_signature(row: SignatureRow) -> str:
    """Return a signature in one line that names nobody."""
    state = f"{row.state}, held" if row.held else row.state.value
    return f"{row.id}  {state}  {row.government}  {row.created_at:%Y-%m-%d %H:%M} UTC"


def _consents(row: SignatureRow) -> str:
    given = [purpose.value for purpose in OPTIONAL_CONSENTS if getattr(row, purpose)]
    return ", ".join(given) or "only to be counted"
