"""`campaign export`: tables, and a hand-over pack."""

from __future__ import annotations

import getpass
import sys
from codecs import BOM_UTF8
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from campaign.campaigns.queries import campaigns as queries
from campaign.cli.options import campaign_option, open_container, select_campaign
from campaign.cli.output import atomic_file, write_chunks
from campaign.delivery.queries.letter_lists import LetterFilter
from campaign.errors import InvalidText
from campaign.exports import formats
from campaign.exports.handover import HandoverPack
from campaign.exports.queries.records import SignatureExportFilter
from campaign.exports.tables import (
    count_table,
    describe_filter,
    letter_table,
    log_export,
    signature_table,
)
from campaign.letters.rules.letter import LetterState
from campaign.organisers.rules.audit_log import MAX_BY, MAX_REASON, AuditAction, AuditEntry
from campaign.recipients.queries import recipients
from campaign.recipients.rules.government import to_iso_code
from campaign.recipients.rules.recipient import parse_recipient_key
from campaign.services import create_handover_pack_writer
from campaign.signatures.rules.counts import CountFilter, Dimension
from campaign.signatures.rules.signature import Origin, SignatureState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.container import Container
    from campaign.exports.tables import Table

HELD = "held"
ERROR_MESSAGES = {
    "no-reason": "say in --reason what it is for, and in --by who asks",
    "too-long": f"--by has room for {MAX_BY} characters and --reason for {MAX_REASON}",
}


@click.group()
def export() -> None:
    """Export counts, signatures, letters, packs. Each export is recorded in the audit log."""


@dataclass(frozen=True)
class OutputOptions:
    """Target and format of an export."""

    name: str
    bom: bool
    output: Path | None


def _output_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add --format, --bom and --output to a command, as `name`, `bom` and `output`."""
    for option in (
        click.option("--output", type=click.Path(dir_okay=False, path_type=Path)),
        click.option("--bom", is_flag=True, help="CSV for a spreadsheet that asks for the mark."),
        click.option(
            "--format",
            "name",
            type=click.Choice(formats.available()),
            default="csv",
            show_default=True,
        ),
    ):
        command = option(command)
    return command


def _dimensions(_context: click.Context, _option: click.Parameter, text: str) -> list[Dimension]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [part for part in parts if part not in list(Dimension)]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is not one of {', '.join(Dimension)}")
    return list(dict.fromkeys(Dimension(part) for part in parts))


def _day(_context: click.Context, _option: click.Parameter, day: datetime | None) -> date | None:
    return day.date() if day else None


_GOVERNMENT = click.option("--government", default="", help="Its code, such as GR.")
_REVISION = click.option("--revision", default="", help="Its SHA-256.")
_ISO_DAY = click.DateTime(["%Y-%m-%d"])
_BY = click.option("--by", default=getpass.getuser, help="Who asks. [default: your login name]")
_REASON = click.option("--reason", default="", help="What for; kept in the log.")


@export.command()
@campaign_option
@click.option(
    "--by",
    callback=_dimensions,
    default=Dimension.GOVERNMENT.value,
    help=f"Comma-separated: {', '.join(Dimension)}.",
)
@_GOVERNMENT
@_REVISION
@click.option("--language", default="")
@click.option("--origin", type=click.Choice([origin.value for origin in Origin]))
@click.option("--source", default=None, help="A code, or '' for none.")
@click.option("--first", type=_ISO_DAY, callback=_day, help="The first UTC day.")
@click.option("--last", type=_ISO_DAY, callback=_day, help="The last UTC day.")
@_REASON
@_output_options
def counts(slug: str, by: list[Dimension], origin: str | None, reason: str, **given: Any) -> None:
    """Export counts of confirmed signatures by any dimensions; days are UTC days.

    Without --origin, online signatures only, as on the public page.
    """
    target = _pop_output_options(given)
    if given["first"] and given["last"] and given["first"] > given["last"]:
        raise click.UsageError("--last comes before --first")
    with open_container() as container, container.database.reading_replica() as session:
        loaded = select_campaign(container, session, slug)
        chosen_origin = Origin(origin) if origin else None
        only = CountFilter(origin=chosen_origin, **_validated(container, session, loaded, given))
        table = count_table(session, loaded, by, only)
        detail = _joined(f"by {','.join(by) or 'nothing'}", describe_filter(only))
        who = AuditEntry(
            getpass.getuser(), AuditAction.COUNTS_EXPORTED, detail=detail, reason=reason
        )
        _log_and_write(container, loaded, table, target, who)


@export.command()
@campaign_option
@_GOVERNMENT
@_REVISION
@click.option(
    "--state",
    type=click.Choice([*(state.value for state in SignatureState), HELD]),
    default=SignatureState.CONFIRMED.value,
    show_default=True,
    help="Confirmed: without those that are held.",
)
@_BY
@click.option("--reason", required=True, help="What for; kept in the log.")
@_output_options
def signatures(slug: str, state: str, by: str, reason: str, **given: Any) -> None:
    """Export signatures, one per row. Name, town and e-mail only of those who agreed to it."""
    target = _pop_output_options(given)
    with open_container() as container, container.database.reading_replica() as session:
        loaded = select_campaign(container, session, slug)
        held = state == HELD
        wanted = SignatureExportFilter(
            state=SignatureState.CONFIRMED if held else SignatureState(state),
            held=held,
            **_validated(container, session, loaded, given),
        )
        table = signature_table(session, container.keyring, loaded, wanted)
        entry = AuditEntry(
            by, AuditAction.SIGNATURES_EXPORTED, detail=describe_filter(wanted), reason=reason
        )
        _log_and_write(container, loaded, table, target, entry)


@export.command()
@campaign_option
@click.option("--recipient", default="", help="Such as GR/foreign-affairs.")
@click.option("--state", type=click.Choice([state.value for state in LetterState]))
@_BY
@_REASON
@_output_options
def letters(
    slug: str, recipient: str, state: str | None, by: str, reason: str, **given: Any
) -> None:
    """Export the state of each letter, without its text and writer."""
    target = _pop_output_options(given)
    with open_container() as container, container.database.reading_replica() as session:
        loaded = select_campaign(container, session, slug)
        key = parse_recipient_key(recipient) if recipient else ""
        if key and key not in recipients.all_keys(session):
            raise click.UsageError(f"{recipient} is no recipient known here")
        wanted = LetterFilter(loaded.campaign_id, LetterState(state) if state else None, key)
        table = letter_table(session, loaded, wanted)
        entry = AuditEntry(
            by, AuditAction.LETTERS_EXPORTED, detail=describe_filter(wanted), reason=reason
        )
        _log_and_write(container, loaded, table, target, entry)


def _pop_output_options(given: dict[str, Any]) -> OutputOptions:
    """Remove the output options from `given` and return them; raise a usage error if invalid."""
    target = OutputOptions(given.pop("name"), given.pop("bom"), given.pop("output"))
    if target.bom and target.name != "csv":
        raise click.UsageError("--bom is for CSV only")
    if target.name == "xlsx" and target.output is None and sys.stdout.isatty():
        raise click.UsageError("a workbook is nothing for a screen: give --output")
    return target


def _validated(
    container: Container, session: Session, loaded: LoadedCampaign, given: dict[str, Any]
) -> dict[str, Any]:
    """Return the filter's values; raise a usage error for an unknown government or revision."""
    code = to_iso_code(given["government"])
    if code and code not in container.reference.governments:
        raise click.UsageError(f"{code} is not a government known here")
    digest = given.get("revision")
    if digest and queries.find_revision(session, loaded.campaign_id, digest) is None:
        raise click.UsageError(f"{loaded.slug} has no revision {digest}")
    return given | {"government": code}


def _log_and_write(
    container: Container,
    loaded: LoadedCampaign,
    table: Table,
    target: OutputOptions,
    entry: AuditEntry,
) -> None:
    """Record an export in the audit log, then write it."""
    noted = AuditEntry(
        who=entry.who,
        action=entry.action,
        about=f"campaign {loaded.slug}",
        detail=_joined(target.name, entry.detail),
        reason=entry.reason,
        number=table.total,
    )
    with container.database.writing() as session:
        try:
            log_export(session, noted, container.clock())
        except InvalidText as error:
            raise click.UsageError(ERROR_MESSAGES.get(error.reason, str(error))) from None
    on_screen = target.output is None and sys.stdout.isatty()
    hidden = on_screen or not sys.stderr.isatty()
    rows = click.progressbar(
        table.rows_for(target.name),
        length=table.total,
        file=sys.stderr,
        hidden=hidden,
        update_min_steps=500,
    )
    with rows as counted:
        pieces = formats.load(target.name).pieces(table.columns, counted)
        write_chunks(chain([BOM_UTF8] if target.bom else [], pieces), target.output)
    if table.problems:
        said = ", ".join(f"{word}: {number}" for word, number in sorted(table.problems.items()))
        raise click.ClickException(
            f"All rows are there, but some people could not be opened ({said}); "
            "the column problem says which."
        )


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


@click.command()
@campaign_option
@click.option("--government", required=True, help="Its code, such as GR.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--reason", required=True, help="Who gets it and when; kept in the log.")
@click.option("--by", default=getpass.getuser, help="Who asks. [default: your login name]")
def pack(slug: str, government: str, output: Path, reason: str, by: str) -> None:
    """Make the ZIP file for a government: letter, counts, names, and how to check them."""
    code = to_iso_code(government)
    with open_container() as container, container.database.reading_replica() as session:
        if code not in container.reference.governments:
            raise click.UsageError(f"{code} is not a government known here")
        handed = HandoverPack(
            session, select_campaign(container, session, slug), code, container.clock().date()
        )
        about = f"campaign {handed.loaded.slug}"
        entry = AuditEntry(
            by, AuditAction.PACK_EXPORTED, about, f"government {code}", reason, handed.named_count
        )
        with container.database.writing() as writing:
            try:
                log_export(writing, entry, container.clock())
            except InvalidText as error:
                raise click.UsageError(ERROR_MESSAGES.get(error.reason, str(error))) from None
        progress = click.progressbar(
            length=handed.named_count, file=sys.stderr, hidden=not sys.stderr.isatty()
        )
        with atomic_file(output) as out, progress as bar:
            for names in create_handover_pack_writer(container).write(handed, out):
                bar.update(max(names - bar.pos, 0))
        if handed.unopened:
            raise click.ClickException(
                f"{handed.unopened} people who agreed to be named could not be opened and are "
                f"left out of {output}: CAMPAIGN_SEALING_KEYS lacks a key, or what is stored was "
                "changed (campaign doctor)."
            )
        click.echo(f"{handed.named_count} names are in {output}.")
