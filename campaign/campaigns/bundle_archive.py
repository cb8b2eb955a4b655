"""Bundles as ZIP archives, to take elsewhere and to bring in."""

from __future__ import annotations

import lzma
import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from campaign.campaigns.bundle_files import BundleFiles
from campaign.campaigns.toml_reader import MAX_FILE_BYTES, TOO_LARGE
from campaign.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ARCHIVE_BYTES = 900 * 1024
"""Less than an organiser's form may have; a bundle in 24 languages takes a quarter of it."""

MAX_FILES = 200

_DAMAGED = (
    *(BadZipFile, NotImplementedError, RuntimeError, ValueError),
    *(EOFError, OSError, struct.error, zlib.error, lzma.LZMAError),
)
"""What zipfile raises for archives that are damaged, encrypted or of an unknown kind."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first time that ZIP knows, so that the same bundle gives the same archive."""


def write_archive(texts: Mapping[str, str], folder: str) -> bytes:
    """Return an archive with a bundle's files in a folder; the same ones for the same texts."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, text in sorted(texts.items()):
            info = ZipInfo(f"{folder}/{name}", _EPOCH)
            info.compress_type, info.external_attr = ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, text.encode())
    return buffer.getvalue()


def read_archive(content: bytes) -> BundleFiles:
    """Return the files of the bundle in an archive, in its root or in its one folder.

    Nothing is unpacked to disk, and no file beyond its limit: an archive may say that it is small
    and not be (CWE-409). Raise ContentError if it is no archive, or has several bundles.
    """
    if len(content) > MAX_ARCHIVE_BYTES:
        raise ContentError([f"the archive is larger than {MAX_ARCHIVE_BYTES // 1024} KiB"])
    try:
        with ZipFile(BytesIO(content)) as archive:
            return _read(archive)
    except _DAMAGED as error:
        raise ContentError(["this is not a ZIP archive that can be read"]) from error


def _read(archive: ZipFile) -> BundleFiles:
    members = [one for one in archive.infolist() if not _is_hidden(one.filename)]
    if len(members) > MAX_FILES:
        raise ContentError([f"the archive has more than {MAX_FILES} files"])
    facts = [one.filename for one in members if one.filename.endswith("campaign.toml")]
    folders = {name.removesuffix("campaign.toml") for name in facts}
    if len(folders) != 1:
        what = "several campaign.toml: upload one bundle" if folders else "no campaign.toml"
        raise ContentError([f"the archive has {what}"])
    (folder,) = folders
    contents, unreadable, others = {}, {}, []
    for member in members:
        name = member.filename.removeprefix(folder)
        if not member.filename.startswith(folder) or member.is_dir() or "/" in name:
            continue
        if name in contents or name in unreadable:
            raise ContentError([f"{name} is in the archive twice"])
        if not name.endswith(".toml"):
            others.append(name)
        elif member.file_size > MAX_FILE_BYTES:
            unreadable[name] = TOO_LARGE
        else:
            with archive.open(member) as file:
                contents[name] = file.read(MAX_FILE_BYTES + 1)
    return BundleFiles(contents, unreadable, others)


def _is_hidden(name: str) -> bool:
    """Return whether a file manager of macOS or Windows put it there."""
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
