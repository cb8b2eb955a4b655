"""`campaign backup` and `campaign restore`: everything in one encrypted file, and back."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from campaign.backup import archive as archives, restore as restoring
from campaign.backup.archive import Manifest
from campaign.backup.queries import dumps, restored
from campaign.backup.queries.restored import RESTORE
from campaign.cli.container import BY, house
from campaign.container import ledger_of
from campaign.delivery.queries.attempts import Holder
from campaign.errors import DiskFull, KeyMissing
from campaign.moderation.commands.one import refusals
from campaign.privacy.keys import must_have
from campaign.privacy.ledger import entries
from campaign.privacy.queries import keys as custody
from campaign.privacy.queries.keys import InUse
from campaign.store import migrate
from campaign.store.disk_space import is_disk_full
from campaign.store.restore_mark import Begun

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign.backup.restore import Restored, Settled
    from campaign.container import House
    from campaign.delivery.transports import Offered
    from campaign.privacy.ledger import Entry

MOST_ELSEWHERE = 100
"""So much of what only other hosts' ledgers have is remembered: enough to miss each of them."""

_ADD_IT = (
    "The backup is loaded and not settled, so nothing is sent or saved: add the key and run"
    " campaign restore again"
)

_REFUSED = (
    "{lacking}. Whoever withdrew, deleted or stopped something after {made_at} would come back."
    " Name every other host's erased.ledger with --ledger, or say --without-ledger if it is lost."
)


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--to", "keys", multiple=True, help="A public key of age; by default the setting's.")
@click.option(
    "--keep",
    type=click.IntRange(1),
    help="TARGET is a folder: write a new file there, and let so many of the newest stay.",
)
def backup(target: Path, keys: tuple[str, ...], keep: int | None) -> None:
    """Write database and ledger into one file, encrypted with age, while the site runs.

    The keys of the settings are not in it: keep those apart. Restore it once in a while.
    """
    with house() as made:
        readers = archives.public_keys(keys or made.settings.backup_keys)
        if not readers:
            raise click.UsageError("say to whom: --to, or CAMPAIGN_BACKUP_KEYS (docs/settings.md)")
        file = _file(target, keep, made.clock())
        if file.exists():
            raise click.UsageError(f"{file} is there already")
        with _folder(made.settings.instance, "backup-") as folder:
            archives.pack(folder, file, _gathered(made, folder), readers)
    click.echo(f"{file}: {file.stat().st_size} bytes")
    if keep:
        _rotate(target, keep)


def _file(target: Path, keep: int | None, now: datetime) -> Path:
    """Return the file to write: the one that is named, or a new one in the folder that is."""
    if keep is None and target.is_dir():
        raise click.UsageError(f"{target} is a folder: say with --keep how many stay in it")
    if keep is None:
        return target
    if not target.is_dir():
        raise click.UsageError(f"--keep is for a folder that is there, and {target} is none")
    return target / f"{now:%Y-%m-%dT%H%M%SZ}.age"


def _rotate(folder: Path, keep: int) -> None:
    """Delete all but the newest of what --keep wrote. Called only when a new one is whole."""
    for path in sorted(folder.glob("[0-9]*-*-*T*Z.age"))[:-keep]:
        path.unlink()


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
@click.option(
    "--without-ledger",
    is_flag=True,
    help="A ledger is lost: let come back whoever withdrew or was deleted after the backup.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@BY
def restore(
    source: Path,
    key_file: Path,
    ledgers: tuple[Path, ...],
    without_ledger: bool,
    yes: bool,
    by: str,
) -> None:
    """Put a backup in place of the database. Stop web servers and workers first.

    What people took back since is done again, from the backup's ledger, this host's and
    those that are named; a ledger or key that is missing is noticed. Letters that may have left
    since are uncertain. Ended before that, it is run again: until then nothing is sent or saved.
    """
    key = archives.identity(key_file.read_text())
    with house() as made:
        instance = made.settings.instance
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _folder(instance, "restore-") as folder:
            manifest = archives.unpack(source, folder, key)
            _must_fit(made, manifest, folder / archives.DATABASE)
            copy = folder / archives.LEDGER
            lacking = _lacking(made, manifest, copy, ledgers)
            if lacking and not without_ledger:
                raise click.UsageError(_REFUSED.format(lacking=lacking, made_at=manifest.made_at))
            if not yes and dumps.has_signatures(made.database):
                click.confirm("There are signatures. Shall the backup replace them?", abort=True)
            backup = restoring.Restored(
                manifest.made_at, _holder(made.settings.sending), by, without_ledger=bool(lacking)
            )
            begun = _begun(made, backup)
            # Before the database: what cannot be written leaves everything as it was.
            known = _merged(made, [copy, *ledgers])
            dumps.load(made.database, folder / archives.DATABASE, begun)
            settled = _settled(made, known, backup)
    _tell(manifest, settled, lacking)


def _begun(made: House, backup: Restored) -> Begun:
    """Return what is noted until it is settled; raise for a name that the log could not keep."""
    with refusals():
        return Begun(made.clock(), datetime.fromisoformat(backup.made_at), backup.cause.by)


def _settled(made: House, known: Sequence[Entry], backup: Restored) -> Settled:
    """Bring a loaded backup up to date in all that matters."""
    migrate.upgrade(made.database)
    try:
        with made.database.writing(unsettled=True) as session:
            return restoring.settle(session, made.keyring, known, backup, made.clock())
    except KeyMissing as error:
        raise KeyMissing(f"{error}. {_ADD_IT}") from None


@contextmanager
def _folder(instance: Path, prefix: str) -> Iterator[Path]:
    """Give a folder of one's own; raise DiskFull if there is no room for what is done in it."""
    try:
        with TemporaryDirectory(dir=instance, prefix=prefix) as folder:
            yield Path(folder)
    except OSError as error:
        if is_disk_full(error):
            raise DiskFull(instance) from None
        raise


def _gathered(made: House, folder: Path) -> Manifest:
    """Put database and ledger into a folder, and return what they are."""
    now, ledger = made.clock(), ledger_of(made.settings)
    ledger.begin(now)
    with made.database.reading() as session:
        noted = {entry.subject for entry in entries(ledger.path)}
        unknown = (one for one in restored.taken_back(session) if one not in noted)
        elsewhere = list(islice(unknown, MOST_ELSEWHERE))
        # Before the dump: one that retires meanwhile is in it, and the newest is at hand.
        used = custody.in_use(session)
    dumps.dump(made.database, folder / archives.DATABASE)
    # The ledger last: what is taken back meanwhile is in it, and in the database or not.
    (folder / archives.LEDGER).write_bytes(ledger.path.read_bytes())
    dialect = made.database.engine.dialect.name
    return Manifest(
        made_at=now.isoformat(),
        dialect=dialect,
        sums=archives.sums_of(folder),
        elsewhere=elsewhere,
        sealing=sorted(name.hex() for name in used.sealing),
        identity=used.identity.hex() if used.identity else None,
    )


def _lacking(made: House, manifest: Manifest, copy: Path, ledgers: Sequence[Path]) -> str:
    """Return why those ledgers cannot be all that there are; empty if they can.

    Each only grows: the one that the backup has a copy of has all the lines of the copy.
    """
    own = ledger_of(made.settings).path
    if not own.exists() and not ledgers:
        return "This host has no erased.ledger, and --ledger names none"
    there = {entry for path in (own, *ledgers) for entry in entries(path)}
    copied = set(entries(copy))
    if missing := len(copied - there):
        return f"{missing} of {len(copied)} lines of the backup's own ledger are in no ledger here"
    subjects = {entry.subject for entry in there}
    if missing := sum(one not in subjects for one in manifest.elsewhere):
        return f"{missing} things that people took back before the backup are in no ledger here"
    return ""


def _merged(made: House, ledgers: Sequence[Path]) -> list[Entry]:
    """Write what other ledgers say into this host's, and return all of it, the oldest first."""
    own = ledger_of(made.settings)
    known = set(entries(own.path))
    others = {entry for path in ledgers for entry in entries(path)} - known
    for entry in sorted(others, key=lambda one: one.at):
        own.note(entry.at, entry.taken, entry.subject)
    return sorted(known | others, key=lambda one: one.at)


def _must_fit(made: House, manifest: Manifest, dump: Path) -> None:
    """Raise for a backup of another kind of database, and KeyMissing for one of other keys.

    Which keys one of PostgreSQL needs that did not note them is seen only when it is loaded.
    """
    ours = made.database.engine.dialect.name
    if manifest.dialect != ours:
        raise click.UsageError(f"it is a backup of {manifest.dialect}, and the database is {ours}")
    needed = _noted_keys(manifest)
    if needed is None and not made.database.is_postgresql:
        with dumps.opened(dump) as copy, copy.reading() as session:
            needed = custody.in_use(session)
    try:
        must_have(made.keyring, needed or InUse())
    except KeyMissing as error:
        raise KeyMissing(f"{error}; nothing was changed") from None


def _noted_keys(manifest: Manifest) -> InUse | None:
    if manifest.sealing is None:
        return None
    identity = bytes.fromhex(manifest.identity) if manifest.identity else None
    return InUse(identity, frozenset(map(bytes.fromhex, manifest.sealing)))


def _holder(way: type[Offered]) -> Holder:
    return Holder(RESTORE, way.name, way.live, way.reaches_recipient)


def _tell(manifest: Manifest, settled: Settled, lacking: str) -> None:
    click.echo(f"Restored as of {manifest.made_at}.")
    if lacking:
        click.echo(f"{lacking}: what people took back after the backup may have come back.")
    click.echo(f"{settled.taken_back} things that people took back since were done again.")
    click.echo(
        f"{settled.uncertain} letters are uncertain: they had not left then, and may have since."
        " campaign letters uncertain lists them."
    )
    click.echo(f"{settled.held} signatures were not confirmed then, and are held when they are.")
    click.echo("All organisers have to sign in again. Those have access; end whoever should not:")
    for email in settled.organisers:
        click.echo(f"  {email}")
