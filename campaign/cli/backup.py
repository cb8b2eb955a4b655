"""`campaign backup` and `campaign restore`: everything in one encrypted file, and back."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from campaign import archives
from campaign.cli.house import BY, house
from campaign.factory import ledger_of
from campaign.services import restoring
from campaign.store import dumps, migrate
from campaign.store.ledger import entries

if TYPE_CHECKING:
    from campaign.archives import Manifest
    from campaign.factory import House
    from campaign.services.restoring import Settled


@click.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--to", "keys", multiple=True, help="A public key of age; by default the setting's.")
def backup(target: Path, keys: tuple[str, ...]) -> None:
    """Write database and ledger into one file, encrypted with age, while the site runs.

    The keys of the settings are not in it: keep those apart. Restore it once in a while.
    """
    with house() as made:
        readers = archives.public_keys(keys or made.settings.backup_keys)
        if not readers:
            raise click.UsageError("say to whom: --to, or CAMPAIGN_BACKUP_KEYS (docs/settings.md)")
        if target.exists():
            raise click.UsageError(f"{target} is there already")
        with TemporaryDirectory(dir=made.settings.instance, prefix="backup-") as folder:
            now = made.clock()
            _gather(made, Path(folder))
            dialect = made.database.engine.dialect.name
            archives.pack(Path(folder), target, now.isoformat(), dialect, readers)
    click.echo(f"{target}: {target.stat().st_size} bytes")


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    "key_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with age's private key.",
)
@click.option(
    "--ledger",
    "ledgers",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="erased.ledger of another host; may be given several times.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@BY
def restore(source: Path, key_file: Path, ledgers: tuple[Path, ...], yes: bool, by: str) -> None:
    """Put a backup in place of the database. Stop web servers and workers first.

    What people took back since is done again, from the backup's ledger, this host's and
    those that are named. Letters that may have left since are uncertain.
    """
    key = archives.identity(key_file.read_text())
    with house() as made:
        instance = made.settings.instance
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(dir=instance, prefix="restore-") as folder:
            manifest = archives.unpack(source, Path(folder), key)
            _must_fit(made, manifest)
            if not yes and dumps.has_signatures(made.database):
                click.confirm("There are signatures. Shall the backup replace them?", abort=True)
            dumps.load(made.database, Path(folder) / archives.DATABASE)
            migrate.upgrade(made.database)
            settled = _settled(made, manifest, [Path(folder) / archives.LEDGER, *ledgers], by)
    _tell(manifest, settled)


def _gather(made: House, folder: Path) -> None:
    # The ledger last: what is taken back meanwhile is in it, and in the database or not.
    dumps.dump(made.database, folder / archives.DATABASE)
    ledger = ledger_of(made.settings).path
    (folder / archives.LEDGER).write_bytes(ledger.read_bytes() if ledger.exists() else b"")


def _must_fit(made: House, manifest: Manifest) -> None:
    ours = made.database.engine.dialect.name
    if manifest.dialect != ours:
        raise click.UsageError(f"it is a backup of {manifest.dialect}, and the database is {ours}")


def _settled(made: House, manifest: Manifest, ledgers: list[Path], by: str) -> Settled:
    own = ledger_of(made.settings)
    known = set(entries(own.path))
    others = {entry for path in ledgers for entry in entries(path)} - known
    for entry in sorted(others, key=lambda one: one.at):
        own.note(entry.at, entry.taken, entry.subject)
    with made.database.writing() as session:
        return restoring.settle(
            session,
            made.vault,
            sorted(known | others, key=lambda one: one.at),
            restoring.Restored(manifest.made_at, made.settings.transport, by),
            made.clock(),
        )


def _tell(manifest: Manifest, settled: Settled) -> None:
    click.echo(f"Restored as of {manifest.made_at}.")
    click.echo(f"{settled.taken_back} things that people took back since were done again.")
    click.echo(
        f"{settled.uncertain} letters are uncertain: they had not left then, and may have since."
        " campaign letters uncertain lists them."
    )
    click.echo(f"{settled.held} signatures were not confirmed then, and are held when they are.")
    click.echo("All organisers have to sign in again. Those have access; end whoever should not:")
    for email in settled.organisers:
        click.echo(f"  {email}")
