"""Write a ZIP file whose bytes depend on its content only."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    TablePieces = Callable[[Sequence[str], Iterable[Sequence[Any]]], Iterator[bytes]]


_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


class _ZipWriter:
    """The files of a ZIP, each with the time 1980-01-01, so that equal files give equal bytes."""

    def __init__(self, file: ZipFile) -> None:
        self._file = file
        self._sums: list[tuple[str, str]] = []

    @property
    def manifest(self) -> str:
        """Return the manifest in the format that `sha256sum -c` reads."""
        return "".join(f"{digest}  {name}\n" for name, digest in sorted(self._sums))

    def add(self, name: str, pieces: Iterable[bytes]) -> Iterator[int]:
        """Write one file, and yield 0 after each piece."""
        info = ZipInfo(name, _ZIP_EPOCH)
        info.compress_type, info.external_attr = ZIP_DEFLATED, 0o644 << 16
        digest = hashlib.sha256()
        with self._file.open(info, "w") as entry:
            for piece in pieces:
                entry.write(piece)
                digest.update(piece)
                yield 0
        self._sums.append((name, digest.hexdigest()))
