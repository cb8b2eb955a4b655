"""`campaign backup` and `campaign restore`: everything in one encrypted file, and back."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from campaign.backup import archive, restore as restoring
from campaign.backup.archive import Manifest
from campaign.backup.queries import dumps, reconcile
from campaign.backup.queries.reconcile import RESTORE_MARKER
from campaign.cli.options import by_option, open_container, usage_errors
from campaign.container import erasure_ledger
from campaign.delivery.queries.attempts import Actor
from campaign.errors import DiskFull, KeyMissing
from campaign.privacy.keys import require_keys
from campaign.privacy.ledger import read_entries
from campaign.privacy.queries import keys as custody
from campaign.privacy.queries.keys import KeysInUse
from campaign.store import migrate
from campaign.store.disk_space import is_disk_full
from campaign.store.pending_restore import PendingRestore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign.backup.restore import RestoreRequest, RestoreSummary
    from campaign.container import Container
    from campaign.delivery.transports import TransportClass
    from campaign.privacy.ledger import LedgerEntry

MAX_ELSEWHERE = 100
"""How many entries that only other hosts' ledgers have are listed: enough to miss each ledger."""

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

    The keys of the settings are not in it: store those separately. Restore it once in a while.
    """
    with open_container() as container:
        readers = archive.parse_recipients(keys or container.settings.backup_keys)
        if not readers:
            raise click.UsageError("say to whom: --to, or CAMPAIGN_BACKUP_KEYS (docs/settings.md)")
        file = _target_file(target, keep, container.clock())
        if file.exists():
            raise click.UsageError(f"{file} is there already")
        with _folder(container.settings.instance, "backup-") as folder:
            archive.pack(folder, file, _dump_into(container, folder), readers)
    click.echo(f"{file}: {file.stat().st_size} bytes")
    if keep:
        _delete_older_backups(target, keep)


def _target_file(target: Path, keep: int | None, now: datetime) -> Path:
    """Return the file to write: the given one, or a new one in the given folder."""
    if keep is None and target.is_dir():
        raise click.UsageError(f"{target} is a folder: say with --keep how many stay in it")
    if keep is None:
        return target
    if not target.is_dir():
        raise click.UsageError(f"--keep is for a folder that is there, and {target} is none")
    return target / f"{now:%Y-%m-%dT%H%M%SZ}.age"


def _delete_older_backups(folder: Path, keep: int) -> None:
    """Delete all but the newest that --keep wrote; call it only once a new one is complete."""
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
@by_option
def restore(
    source: Path,
    key_file: Path,
    ledgers: tuple[Path, ...],
    without_ledger: bool,
    yes: bool,
    by: str,
) -> None:
    """Replace the database with a backup. Stop web servers and workers first.

    What people took back since then is repeated, from the ledgers of the backup, of this host and
    those given with --ledger; a missing ledger or key is noticed. Letters that may have been sent
    since are uncertain. If interrupted, run it again: until it is finished nothing is sent or
    saved.
    """
    key = archive.parse_identity(key_file.read_text())
    with open_container() as container:
        instance = container.settings.instance
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _folder(instance, "restore-") as folder:
            manifest = archive.unpack(source, folder, key)
            _require_compatible(container, manifest, folder / archive.DATABASE_MEMBER)
            copy = folder / archive.LEDGER_MEMBER
            lacking = _why_ledgers_are_incomplete(container, manifest, copy, ledgers)
            if lacking and not without_ledger:
                raise click.UsageError(_REFUSED.format(lacking=lacking, made_at=manifest.made_at))
            if not yes and dumps.has_signatures(container.database):
                click.confirm("There are signatures. Shall the backup replace them?", abort=True)
            backup = restoring.RestoreRequest(
                manifest.made_at,
                _holder(container.settings.transport_class),
                by,
                without_ledger=bool(lacking),
            )
            begun = _restore_mark(container, backup)
            # Before the database: if this cannot be written, nothing has changed yet.
            known = _merge_ledgers(container, [copy, *ledgers])
            dumps.load_dump(container.database, folder / archive.DATABASE_MEMBER, begun)
            settled = _reconcile(container, known, backup)
    _print_summary(manifest, settled, lacking)


def _restore_mark(container: Container, backup: RestoreRequest) -> PendingRestore:
    """Return the marker of a restore in progress; raise if the log could not store the name."""
    with usage_errors():
        return PendingRestore(
            container.clock(), datetime.fromisoformat(backup.made_at), backup.cause.by
        )


def _reconcile(
    container: Container, known: Sequence[LedgerEntry], backup: RestoreRequest
) -> RestoreSummary:
    """Migrate a restored database and reconcile it."""
    migrate.upgrade(container.database)
    try:
        with container.database.writing(unsettled=True) as session:
            return restoring.reconcile(session, container.keyring, known, backup, container.clock())
    except KeyMissing as error:
        raise KeyMissing(f"{error}. {_ADD_IT}") from None


@contextmanager
def _folder(instance: Path, prefix: str) -> Iterator[Path]:
    """Create a temporary folder; raise DiskFull if the disk has no room for its contents."""
    try:
        with TemporaryDirectory(dir=instance, prefix=prefix) as folder:
            yield Path(folder)
    except OSError as error:
        if is_disk_full(error):
            raise DiskFull(instance) from None
        raise


def _dump_into(container: Container, folder: Path) -> Manifest:
    """Dump database and ledger into a folder, and return their manifest."""
    now, ledger = container.clock(), erasure_ledger(container.settings)
    ledger.create_if_missing(now)
    with container.database.reading() as session:
        noted = {entry.subject for entry in read_entries(ledger.path)}
        unknown = (one for one in reconcile.withdrawn_subjects(session) if one not in noted)
        elsewhere = list(islice(unknown, MAX_ELSEWHERE))
        # Before the dump, so that a key retired meanwhile is in it, and the newest one is at hand.
        used = custody.find_keys_in_use(session)
    dumps.dump_database(container.database, folder / archive.DATABASE_MEMBER)
    # The ledger last: it then has what is taken back meanwhile, whether the database does or not.
    (folder / archive.LEDGER_MEMBER).write_bytes(ledger.path.read_bytes())
    dialect = container.database.engine.dialect.name
    return Manifest(
        made_at=now.isoformat(),
        dialect=dialect,
        sums=archive.checksums(folder),
        elsewhere=elsewhere,
        sealing=sorted(name.hex() for name in used.sealing),
        identity=used.identity.hex() if used.identity else None,
    )


def _why_ledgers_are_incomplete(
    container: Container, manifest: Manifest, copy: Path, ledgers: Sequence[Path]
) -> str:
    """Return why these ledgers cannot be complete; empty if they can be.

    Ledgers only grow: the one that the backup copied has all lines of the copy.
    """
    own = erasure_ledger(container.settings).path
    if not own.exists() and not ledgers:
        return "This host has no erased.ledger, and --ledger names none"
    there = {entry for path in (own, *ledgers) for entry in read_entries(path)}
    copied = set(read_entries(copy))
    if missing := len(copied - there):
        return f"{missing} of {len(copied)} lines of the backup's own ledger are in no ledger here"
    subjects = {entry.subject for entry in there}
    if missing := sum(one not in subjects for one in manifest.elsewhere):
        return f"{missing} things that people took back before the backup are in no ledger here"
    return ""


def _merge_ledgers(container: Container, ledgers: Sequence[Path]) -> list[LedgerEntry]:
    """Add other ledgers' entries to this host's; return all entries, oldest first."""
    own = erasure_ledger(container.settings)
    known = set(read_entries(own.path))
    others = {entry for path in ledgers for entry in read_entries(path)} - known
    for entry in sorted(others, key=lambda one: one.at):
        own.append(entry.at, entry.action, entry.subject)
    return sorted(known | others, key=lambda one: one.at)


def _require_compatible(container: Container, manifest: Manifest, dump: Path) -> None:
    """Raise for a backup of another kind of database, and KeyMissing for one of other keys.

    If a backup of PostgreSQL did not record which keys it needs, that is seen only once it is
    loaded.
    """
    ours = container.database.engine.dialect.name
    if manifest.dialect != ours:
        raise click.UsageError(f"it is a backup of {manifest.dialect}, and the database is {ours}")
    needed = _noted_keys(manifest)
    if needed is None and not container.database.is_postgresql:
        with dumps.open_dump(dump) as copy, copy.reading() as session:
            needed = custody.find_keys_in_use(session)
    try:
        require_keys(container.keyring, needed or KeysInUse())
    except KeyMissing as error:
        raise KeyMissing(f"{error}; nothing was changed") from None


def _noted_keys(manifest: Manifest) -> KeysInUse | None:
    if manifest.sealing is None:
        return None
    identity = bytes.fromhex(manifest.identity) if manifest.identity else None
    return KeysInUse(identity, frozenset(map(bytes.fromhex, manifest.sealing)))


def _holder(way: type[TransportClass]) -> Actor:
    return Actor(RESTORE_MARKER, way.name, way.live, way.reaches_recipient)


def _print_summary(manifest: Manifest, settled: RestoreSummary, lacking: str) -> None:
    click.echo(f"Restored as of {manifest.made_at}.")
    if lacking:
        click.echo(f"{lacking}: what people took back after the backup may have come back.")
    click.echo(f"{settled.replayed} things that people took back since were done again.")
    click.echo(
        f"{settled.uncertain} letters are uncertain: they had not left then, and may have since."
        " campaign letters uncertain lists them."
    )
    click.echo(f"{settled.held} signatures were not confirmed then, and are held when they are.")
    click.echo("All organisers have to sign in again. Those have access; end whoever should not:")
    for email in settled.organisers:
        click.echo(f"  {email}")
