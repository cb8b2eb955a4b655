"""The files of a bundle, wherever they are: in a folder, in a draft or in an archive."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from campaign.campaigns.toml_reader import MAX_FILE_BYTES, TOO_LARGE, TomlTable, parse_toml

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

FACTS_FILE = "campaign.toml"
"""The file of facts and demands; each other one has the words of a language, as `en.toml`."""


@dataclass(frozen=True)
class BundleFiles:
    """The contents of a bundle's files by name.

    `unreadable`: why a file has no contents here, by name. `others`: names that stand beside them
    and that no bundle has.
    """

    contents: Mapping[str, bytes]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    others: Collection[str] = ()

    @property
    def languages(self) -> set[str]:
        """Return the names, without `.toml`, of all files but campaign.toml."""
        names = {*self.contents, *self.unreadable} - {FACTS_FILE}
        return {name.removesuffix(".toml") for name in names}

    def parse(
        self, name: str, faults: list[str], top_level: Collection[str] = ()
    ) -> TomlTable | None:
        """Return a file's table, or None after reporting a fault of the file as a whole."""
        if name in self.contents:
            return parse_toml(name, self.contents[name], faults, top_level)
        reason = self.unreadable.get(name) or f"is missing{self.misnamed_file_hint(name)}"
        faults.append(f"{name}: {reason}")
        return None

    def misnamed_file_hint(self, name: str) -> str:
        """Return a hint to add to a fault: which file may be meant for the missing one, or "".

        Some editors append an extension (en.toml.txt), and file managers hide it.
        """
        plain = name.casefold()
        for other in sorted({*self.contents, *self.unreadable, *self.others}):
            alike = other.isprintable() and other.casefold().startswith(plain)
            if alike and other not in (name, plain):
                return f"; if {other} is meant to be that file, rename it to {name}"
        return ""


def bundle_files(texts: Mapping[str, str]) -> BundleFiles:
    """Return the files of a bundle with these texts by name."""
    return BundleFiles({name: text.encode() for name, text in texts.items()})


def read_folder(folder: Path) -> BundleFiles:
    """Return the files of a bundle in a folder; none if there is no such folder."""
    contents: dict[str, bytes] = {}
    unreadable: dict[str, str] = {}
    others = []
    for path in sorted(folder.glob("*")):
        if path.suffix != ".toml":
            others.append(path.name)
            continue
        try:
            contents[path.name] = _read(path)
        except OSError as error:
            unreadable[path.name] = f"cannot be read ({error.strerror})"
        except ValueError as error:
            unreadable[path.name] = str(error)
    return BundleFiles(contents, unreadable, others)


def _read(path: Path) -> bytes:
    if path.is_fifo() or path.is_char_device():
        # Reading it might never end.
        raise ValueError("is not a file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(TOO_LARGE)
    return path.read_bytes()
