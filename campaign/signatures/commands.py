"""`campaign signatures`, `campaign counts` and `campaign identity`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from campaign.campaigns.rules.consents import OPTIONAL_CONSENTS
from campaign.cli.options import open_container
from campaign.errors import InvalidText
from campaign.signatures import search
from campaign.signatures.queries import signatures as signature_queries
from campaign.signatures.queries.counts import find_mismatches
from campaign.signatures.rehash import RehashProgress, rehash as rehash_signatures
from campaign.signatures.rules.identity import CURRENT_IDENTITY_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.signatures.rows.signatures import SignatureRow


@click.group()
def signatures() -> None:
    """Find signatures, invalidate those that are no person’s, and release those that are held."""


@signatures.command()
@click.option("--email", default="", help="An address, in this or another spelling.")
@click.option("--name", default="", help="A whole name.")
@click.option("--id", "signature_id", type=click.UUID, help="A signature's id.")
def find(email: str, name: str, signature_id: UUID | None) -> None:
    """Find what one person signed. Shows ids and states, but no names."""
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
    row = signature_queries.find(session, signature_id)
    return [row] if row else []


def format_signature(row: SignatureRow) -> str:
    """Return a signature in one line, without a name."""
    state = f"{row.state}, held" if row.held else row.state.value
    return f"{row.id}  {state}  {row.government}  {row.created_at:%Y-%m-%d %H:%M} UTC"


def _consents(row: SignatureRow) -> str:
    given = [purpose.value for purpose in OPTIONAL_CONSENTS if getattr(row, purpose)]
    return ", ".join(given) or "only to be counted"


@click.group()
def counts() -> None:
    """Check the counters."""


@counts.command()
def check() -> None:
    """Recompute every counter from the events; exit with 1 if one differs."""
    with open_container() as container, container.database.reading() as session:
        differences = find_mismatches(session)
    for one in differences:
        key = ", ".join(str(part) for part in one.key)
        click.echo(f"{one.campaign} ({key}): counter {one.counted}, events {one.from_events}")
    if differences:
        sys.exit(1)
    click.echo("Every counter says what the events say.")


@click.group()
def identity() -> None:
    """Rules for who counts as the same person."""


@identity.command()
def rehash() -> None:
    """Hash every signature’s address by the newest rules, while the site runs.

    Run it once after an upgrade that brings new rules. If it is stopped, it continues where it was.
    Two confirmed signatures that turn out to be one person’s both stay, and are listed.
    """
    progress = RehashProgress()
    with open_container() as container:
        for progress in rehash_signatures(container.database, container.keyring):
            if progress.done:
                click.echo(f"\r{progress.done} re-hashed", nl=False, err=True)
    click.echo(err=True)
    click.echo(
        f"{progress.done} signatures were re-hashed by version {CURRENT_IDENTITY_VERSION}"
        " of the rules."
    )
    if progress.duplicates:
        click.echo("Each of these pairs is one person. Both signatures stay and are counted;")
        click.echo("to take one out of the count: campaign signatures invalidate")
        for pair in progress.duplicates:
            click.echo(f"  {pair.later} has signed before, as {pair.earlier}")
    if progress.unreadable:
        raise click.ClickException(
            f"{progress.unreadable} could not be opened and are as they were: a key is missing, or "
            "they were changed. Keep every key, and run campaign doctor."
        )
