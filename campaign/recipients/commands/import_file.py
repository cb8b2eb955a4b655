"""`campaign recipients import`: import a directory of addresses after showing the difference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaign.cli.options import by_option, open_container
from campaign.recipients.address_csv import read_address_csv
from campaign.recipients.address_import import diff_addresses, import_addresses
from campaign.recipients.queries import recipients

if TYPE_CHECKING:
    from campaign.recipients.address_csv import AddressEntry
    from campaign.recipients.address_import import AddressDiff


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@by_option
def import_file(file: Path, yes: bool, by: str) -> None:
    """Import addresses from a CSV file: show the difference, ask, and change.

    Columns: recipient (such as DE/foreign-affairs), channel (email or postal), address (a postal
    one in quotation marks, with ; or line breaks between its lines), source; optionally language,
    per_hour, per_day, opens, closes and zone. Commas, semicolons or tabs separate them; save the
    file as CSV UTF-8. Nothing becomes verified by an import, and what the file does not list stays.
    """
    with open_container() as container:
        with container.database.reading() as session:
            entries = read_address_csv(file, recipients.all_keys(session))
            found = diff_addresses(session, entries)
            _print_diff(found)
        if not found.new and not found.changed:
            click.echo("There is nothing to change.")
            return
        if not yes:
            click.confirm("Take this over?", abort=True)
        with container.database.writing() as session:
            # Compare again, now under locks: somebody may have changed the list meanwhile.
            if diff_addresses(session, entries) != found:
                raise click.ClickException("The list has changed since. Please look again.")
            import_addresses(session, entries, by, container.clock())
    click.echo(f"{len(found.new)} added, {len(found.changed)} changed.")


def _print_diff(found: AddressDiff) -> None:
    for entry in found.new:
        click.echo(f"+ {_format_entry(entry)}  ({entry.source})")
    for changed in found.changed:
        click.echo(f"~ {_format_entry(changed.entry)}")
        for name, (old, new) in changed.values.items():
            click.echo(f"    {name}: {_value(old)} -> {_value(new)}")
    click.echo(f"{found.unchanged} are the same; {found.not_in_file} are not in the file and stay.")


def _format_entry(entry: AddressEntry) -> str:
    language = f" [{entry.language}]" if entry.language else ""
    line = entry.value.replace("\n", "; ")
    return f"{entry.recipient}  {entry.channel:8}{line}{language}"


def _value(value: object) -> str:
    return "nothing" if value in {None, ""} else str(value)
