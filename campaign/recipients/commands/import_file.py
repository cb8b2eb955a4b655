"""`campaign recipients import`, `apply` and `export`: a directory as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaign.cli.options import by_option, open_container
from campaign.cli.output import atomic_file
from campaign.errors import InvalidText, NotFound
from campaign.language.formats import territory_name
from campaign.recipients.action_network import read_action_network
from campaign.recipients.csv_reader import read_text
from campaign.recipients.directory_csv import read_directory_csv, write_directory_csv
from campaign.recipients.directory_diff import diff_directory, export_entries
from campaign.recipients.directory_entries import KnownRecipients
from campaign.recipients.directory_import import (
    apply_import,
    import_directory,
    propose_import,
    proposed_entries,
)
from campaign.recipients.popolo import read_popolo, write_popolo
from campaign.recipients.queries import directory, recipients
from campaign.recipients.rules.directory import EntryKind
from campaign.recipients.rules.recipient import UNION

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.recipients.directory_diff import DirectoryDiff
    from campaign.recipients.rules.directory import DirectoryEntry

_WRITERS = {"csv": write_directory_csv, "popolo": write_popolo}


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--office", default="", help="Which office the people from Action Network hold.")
@click.option("--language", default="", help="Of names in Popolo that do not say theirs.")
@click.option("--remove-gone", is_flag=True, help="Remove what the file does not list any more.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@by_option
def import_file(
    file: Path, office: str, language: str, *, remove_gone: bool, yes: bool, by: str
) -> None:
    """Import a directory: show the difference, ask, and change.

    FILE is a CSV file with the columns recipient (such as DE/foreign-affairs), channel (email,
    postal, name, title of whoever heads it, website, languages, zone or person), address (the
    value; a postal one in quotation marks, with ; or line breaks between its lines), source;
    optionally language, since, per_hour, per_day, opens, closes and zone. Or it is Popolo JSON, or
    the targets of Action Network as CSV, with --office. Nothing becomes verified by an import, and
    what the file does not list stays. On a live site with CAMPAIGN_VERIFIERS=2 a second person has
    to apply it.
    """
    with open_container() as container:
        settings = container.settings
        with container.database.reading() as session:
            entries = _read(container, session, file, office, language)
            found = diff_directory(session, entries)
        _print_diff(found, remove_gone=remove_gone)
        if not (found.new or found.changed or (remove_gone and found.gone)):
            click.echo("There is nothing to change.")
            return
        second = settings.live and settings.verifiers > 1
        if not yes:
            click.confirm("Propose this?" if second else "Take this over?", abort=True)
        with container.database.writing() as session:
            # Compare again, now under locks: somebody may have changed the list meanwhile.
            if diff_directory(session, entries) != found:
                raise click.ClickException("The list has changed since. Please look again.")
            if second:
                at, gone = container.clock(), remove_gone
                number = propose_import(session, entries, by, at, remove_gone=gone)
                said = f"Somebody else applies it: campaign recipients apply {number}"
            else:
                import_directory(session, entries, by, container.clock(), remove_gone=remove_gone)
                said = _format_result(found, remove_gone=remove_gone)
    click.echo(said)


@click.command("apply")
@click.argument("number", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--discard", is_flag=True, help="Drop the proposal instead.")
@by_option
def apply_file(number: int, *, yes: bool, discard: bool, by: str) -> None:
    """Apply an import that somebody else proposed: show the difference, ask, and change."""
    with open_container() as container:
        try:
            if discard:
                with container.database.writing() as session:
                    directory.delete_import(session, directory.lock_import(session, number).id)
                click.echo(f"Import {number} is dropped.")
                return
            with container.database.writing() as session:
                row = directory.lock_import(session, number)
                remove_gone = row.remove_gone
                found = diff_directory(session, proposed_entries(row))
                click.echo(f"Proposed by {row.proposed_by}, {row.proposed_at:%Y-%m-%d %H:%M} UTC.")
                _print_diff(found, remove_gone=remove_gone)
            if not yes:
                click.confirm("Take this over?", abort=True)
            with container.database.writing() as session:
                again = proposed_entries(directory.lock_import(session, number))
                if diff_directory(session, again) != found:
                    raise click.ClickException("The list has changed since. Please look again.")
                apply_import(session, number, by, container.clock())
        except NotFound:
            raise click.UsageError(f"no import waits under the number {number}") from None
        except InvalidText:
            raise click.UsageError(
                "a second person has to apply it; if you share a login, name yourself with --by"
            ) from None
    click.echo(_format_result(found, remove_gone=remove_gone))


@click.command("export")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "kind", type=click.Choice(list(_WRITERS)), default="csv")
def export_file(output: Path, kind: str) -> None:
    """Write the whole directory into a file that `import` reads: CSV, or Popolo JSON.

    Who checked what is not in it: an import verifies nothing.
    """
    with open_container() as container, container.database.reading() as session:
        entries = export_entries(session)
    with atomic_file(output) as out:
        out.write(_WRITERS[kind](entries).encode())
    keys = {one.recipient for one in entries}
    click.echo(f"{len(entries)} entries about {len(keys)} recipients are in {output}.")


def _read(
    container: Container, session: Session, file: Path, office: str, language: str
) -> list[DirectoryEntry]:
    """Return the entries of a file in any of the formats."""
    governments = (*container.reference.governments, UNION)
    known = KnownRecipients(recipients.all_keys(session), governments)
    text = read_text(file)
    if text.lstrip().startswith(("{", "[")):
        return read_popolo(file, known, language)
    if "first_name" in text[:1000].lower():
        if not office:
            raise click.UsageError("this file is from Action Network: say whose with --office")
        countries = {territory_name(code, "en").lower(): code for code in governments}
        return read_action_network(file, known, office, countries)
    return read_directory_csv(file, known)


def _print_diff(found: DirectoryDiff, *, remove_gone: bool) -> None:
    for entry in found.new:
        click.echo(f"+ {_format_entry(entry)}  ({entry.source})")
    for changed in found.changed:
        click.echo(f"~ {_format_entry(changed.entry)}")
        for name, (old, new) in changed.values.items():
            click.echo(f"    {name}: {_value(old)} -> {_value(new)}")
    for entry in found.gone:
        click.echo(f"- {_format_entry(entry)}  ({entry.source})")
    stay = "" if remove_gone or not found.gone else " and stay (--remove-gone removes them)"
    click.echo(f"{found.unchanged} are the same; {len(found.gone)} are not in the file{stay}.")


def _format_result(found: DirectoryDiff, *, remove_gone: bool) -> str:
    removed = f", {len(found.gone)} removed" if remove_gone else ""
    return f"{len(found.new)} added, {len(found.changed)} changed{removed}."


def _format_entry(entry: DirectoryEntry) -> str:
    language = f" [{entry.language}]" if entry.language else ""
    since = f" since {entry.since}" if entry.kind is EntryKind.PERSON and entry.since else ""
    line = entry.value.replace("\n", "; ")
    return f"{entry.recipient}  {entry.kind:10}{line}{language}{since}"


def _value(value: object) -> str:
    return "nothing" if value in {None, ""} else str(value)
