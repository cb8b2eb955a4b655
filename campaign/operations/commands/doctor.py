"""`campaign doctor`: check everything that sending needs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from campaign.container import build_container
from campaign.errors import InvalidText, SettingsError
from campaign.mail.addresses import clean_email
from campaign.mail.dns_lookup import DnsResolver
from campaign.mail.dns_policy import Finding, Severity
from campaign.operations import doctor as examine
from campaign.services import create_transport, transport_options
from campaign.settings.load import load_settings
from campaign.store import migrate, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.mail.dns_lookup import DnsLookup


@click.command()
@click.option("--mail-to", default="", help="Send a test mail to this address: your own.")
@click.option(
    "--dkim-selector",
    default="",
    help="Under which name the DKIM key is published. [default: as the last test mail was signed]",
)
@click.pass_context
def doctor(context: click.Context, mail_to: str, dkim_selector: str) -> None:
    """Check settings, keys, database, mail server and DNS. Exits with 1 for a fault.

    No row is changed, and nobody gets a mail except the address of --mail-to.
    """
    try:
        container = build_container(load_settings())
    except SettingsError as error:
        for fault in error.faults:
            _print_finding(Finding(Severity.ERROR, "settings", fault))
        sys.exit(1)
    lookup: DnsLookup = context.obj or DnsResolver()
    worst = Severity.OK
    try:
        for finding in _findings(container, mail_to, dkim_selector, lookup):
            _print_finding(finding)
            worst = Severity.ERROR if finding.level is Severity.ERROR else worst
    finally:
        container.database.close()
    sys.exit(worst is Severity.ERROR)


def _findings(
    container: Container, mail_to: str, selector: str, lookup: DnsLookup
) -> Iterator[Finding]:
    settings, way, now = container.settings, container.settings.transport_class, container.clock()
    yield Finding(Severity.OK, "settings", f"{settings.environment}; {way.summary}")
    tables = examine.SchemaInspector(migrate.is_current, schema.compare_schema)

    def written_to(session: Session) -> set[str]:
        return container.written_to(container.campaign_cache.all(session))

    yield from examine.check_database(
        container.database,
        tables,
        written_to,
        live=settings.live,
        verifiers=settings.verifiers,
        now=now,
    )
    yield from examine.check_keys(container.database, container.keyring)
    yield from examine.check_file_permissions(container.database, settings.instance)
    by_smtp = "smtp_host" in way.required_settings
    if by_smtp:
        yield from examine.check_mail_server(transport_options(settings).server, now)
    if by_smtp or way.live:
        signed = examine.find_test_mail_signature(container.database, container.keyring)
        yield from examine.check_dns(settings.operator.domain, selector, signed, lookup)
    if mail_to:
        try:
            address = clean_email(mail_to)
        except InvalidText:
            raise click.UsageError(f"{mail_to} is not a usable e-mail address") from None
        yield from examine.send_test_mail(
            create_transport(settings), settings.operator, container.tokens, address, now
        )


def _print_finding(finding: Finding) -> None:
    click.echo(f"{finding.level:6}{finding.subject}: {finding.message}")
