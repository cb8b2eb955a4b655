"""Backups as one file, encrypted to public keys with age: whoever makes one cannot read it.

Inside is a tar file: the database, the ledger of what people took back, and a manifest with the
SHA-256 of both. See https://age-encryption.org/v1 for the format.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyrage

from campaign.errors import BackupError, DiskFull
from campaign.store.disk_space import is_disk_full

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORMAT = 3
"""Format 1 had no `elsewhere`, and 2 had none of the keys."""

DATABASE_MEMBER, LEDGER_MEMBER, _MANIFEST = "database", "erased.ledger", "manifest.json"
_MEMBERS = (_MANIFEST, DATABASE_MEMBER, LEDGER_MEMBER)

_ARCHIVE_ERRORS = (
    tarfile.TarError,
    OSError,
    ArithmeticError,
    ValueError,
    TypeError,
    RecursionError,
)
"""What the standard library raises for a file that is not a valid tar file or manifest."""

_MAX_READ_BYTES = 1024 * 1024
"""Bytes read from a tar file at once: a header may claim any length."""


@dataclass(frozen=True)
class Manifest:
    """Contents of a backup: its time (ISO 8601, UTC), its database's kind, and the checksums.

    `elsewhere`: some of what people took back that only other hosts' ledgers have. `sealing`: the
    names of the sealing keys that it needs, and `identity`: the fingerprint of its identity key,
    both in hexadecimal; None if they were not recorded.
    """

    made_at: str
    dialect: str
    sums: dict[str, str]
    elsewhere: list[str] = field(default_factory=list)
    sealing: list[str] | None = None
    identity: str | None = None
    format: int = FORMAT


def parse_recipients(texts: Sequence[str]) -> list[Any]:
    """Return age's public keys; raise BackupError for a text that is not one."""
    try:
        return [pyrage.x25519.Recipient.from_str(text) for text in texts]
    except (ValueError, pyrage.RecipientError):
        raise BackupError("this is not a public key of age: it begins with age1") from None


def parse_identity(text: str) -> Any:
    """Return the private key in a file written by age-keygen; raise BackupError if none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()[:1] not in {"", "#"}]
    try:
        (line,) = lines
        return pyrage.x25519.Identity.from_str(line)
    except (ValueError, pyrage.IdentityError):
        raise BackupError("this file has not one private key of age in it") from None


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each part of a backup."""
    return {name: _sha256(folder / name) for name in (DATABASE_MEMBER, LEDGER_MEMBER)}


def pack(folder: Path, target: Path, manifest: Manifest, keys: Sequence[Any]) -> None:
    """Encrypt a folder's contents into a new file, which appears only when it is complete."""
    (folder / _MANIFEST).write_text(json.dumps(asdict(manifest)), encoding="utf-8")
    plain, unfinished = folder / "backup.tar", target.with_name(f"{target.name}.unfinished")
    with tarfile.open(plain, "w") as tar:
        for name in _MEMBERS:
            tar.add(folder / name, arcname=name)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out, plain.open("rb") as source:
            pyrage.encrypt_io(source, out, list(keys))
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(target)
    except BaseException as error:
        unfinished.unlink(missing_ok=True)
        if is_disk_full(error):
            raise DiskFull(target.parent) from None
        raise


def unpack(source: Path, folder: Path, key: Any) -> Manifest:
    """Decrypt a backup into a folder.

    Raise BackupError if it is incomplete or encrypted for another key, and OSError for a full disk,
    which says nothing about the backup.
    """
    plain = folder / "backup.tar"
    try:
        with source.open("rb") as encrypted, plain.open("wb") as out:
            pyrage.decrypt_io(encrypted, out, [key])
    except (OSError, pyrage.DecryptError) as error:
        if is_disk_full(error):
            raise
        said = f"the backup cannot be opened with this key, or is not whole: {error}"
        raise BackupError(said) from None
    try:
        _extract(plain, folder)
        manifest = _manifest(folder / _MANIFEST)
    except _ARCHIVE_ERRORS as error:
        if is_disk_full(error):
            raise
        raise BackupError("what the backup holds is not whole") from None
    if manifest.format not in range(1, FORMAT + 1):
        raise BackupError(f"the backup has format {manifest.format}, which is not known here")
    for name, there in checksums(folder).items():
        if manifest.sums.get(name) != there:
            raise BackupError(f"{name} in the backup was changed or cut short")
    return manifest


class _BoundedFile(io.FileIO):
    """A tar file that is never read in more than small pieces."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= _MAX_READ_BYTES:
            raise tarfile.ReadError("a header claims to be too long")
        return super().read(size) or b""


def _extract(plain: Path, folder: Path) -> None:
    """Extract what `pack` puts in, in its order, into new files; raise for anything else.

    They get our own names and are plain files, so that no name, link or hole in the tar file
    matters.
    """
    with _BoundedFile(plain) as file, tarfile.open(fileobj=file, mode="r:") as tar:
        for name in _MEMBERS:
            member = tar.next()
            if member is None or member.name != name or not member.isreg() or member.issparse():
                raise tarfile.ReadError(f"{name} is not where it should be")
            content = tar.extractfile(member)
            assert content is not None
            with content, (folder / name).open("xb") as out:
                shutil.copyfileobj(content, out)
        if tar.next() is not None:
            raise tarfile.ReadError("there is more in it than there should be")


def _manifest(path: Path) -> Manifest:
    with path.open(encoding="utf-8") as file:
        manifest = Manifest(**json.loads(file.read(_MAX_READ_BYTES)))
    if datetime.fromisoformat(manifest.made_at).tzinfo is None:
        raise ValueError(manifest.made_at)
    if not isinstance(manifest.sums, dict) or not isinstance(manifest.elsewhere, list):
        raise TypeError(manifest)
    if not isinstance(manifest.sealing, list | None):
        raise TypeError(manifest.sealing)
    for name in [*(manifest.sealing or []), manifest.identity or ""]:
        bytes.fromhex(name)
    if not all(isinstance(one, str) for one in manifest.elsewhere):
        raise TypeError(manifest.elsewhere)
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
