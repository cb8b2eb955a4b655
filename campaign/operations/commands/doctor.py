"""`campaign doctor`: look into everything that sending needs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from campaign.container import build, transport_of, transport_options
from campaign.errors import SettingsError, UnacceptableText
from campaign.mail.addresses import email_value
from campaign.mail.dns_lookup import Resolver
from campaign.mail.dns_policy import Finding, Level
from campaign.operations import doctor as examine
from campaign.settings.read import read_settings
from campaign.store import migrate, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.container import House
    from campaign.mail.dns_lookup import Lookup


@click.command()
@click.option("--mail-to", default="", help="Send a test mail to this address: your own.")
@click.option(
    "--dkim-selector",
    default="",
    help="Under which name the DKIM key is published. [default: as the last test mail was signed]",
)
@click.pass_context
def doctor(context: click.Context, mail_to: str, dkim_selector: str) -> None:
    """Look into settings, keys, database, mail server and DNS. Exits with 1 for a fault.

    No row is changed, and nobody gets a mail whom --mail-to does not name.
    """
    try:
        house = build(read_settings())
    except SettingsError as error:
        for fault in error.faults:
            _say(Finding(Level.FAULT, "settings", fault))
        sys.exit(1)
    lookup: Lookup = context.obj or Resolver()
    worst = Level.OK
    try:
        for finding in _findings(house, mail_to, dkim_selector, lookup):
            _say(finding)
            worst = Level.FAULT if finding.level is Level.FAULT else worst
    finally:
        house.database.close()
    sys.exit(worst is Level.FAULT)


def _findings(house: House, mail_to: str, selector: str, lookup: Lookup) -> Iterator[Finding]:
    settings, way, now = house.settings, house.settings.sending, house.clock()
    yield Finding(Level.OK, "settings", f"{settings.environment}; {way.summary}")
    tables = examine.Tables(migrate.is_current, schema.differences)
    yield from examine.of_the_database(
        house.database, tables, live=settings.live, verifiers=settings.verifiers, now=now
    )
    yield from examine.of_the_keys(house.database, house.keyring)
    yield from examine.of_the_files(house.database, settings.instance)
    by_smtp = "smtp_host" in way.needs
    if by_smtp:
        yield from examine.of_the_mail_server(transport_options(settings).server, now)
    if by_smtp or way.live:
        signed = examine.signed_lately(house.database, house.keyring)
        yield from examine.of_dns(settings.operator.domain, selector, signed, lookup)
    if mail_to:
        try:
            address = email_value(mail_to)
        except UnacceptableText:
            raise click.UsageError(f"{mail_to} is not a usable e-mail address") from None
        yield from examine.of_a_test_mail(
            transport_of(settings), settings.operator, house.tokens, address, now
        )


def _say(finding: Finding) -> None:
    click.echo(f"{finding.level:6}{finding.what}: {finding.said}")
