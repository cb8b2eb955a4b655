"""`campaign messages`: the gettext catalogues, for translators and developers."""

from __future__ import annotations

import sys
from copy import deepcopy
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from campaign.config import CHECKOUT
from campaign.language.catalogue import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = CHECKOUT / "campaign" / "translations"
SOURCE_LANGUAGE = "en"
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
_METHODS = [
    ("campaign/web/**.py", "python"),
    ("campaign/services/handover.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
]
_OPTIONS = {"templates/**": {"trimmed": "true"}}


@click.group()
def messages() -> None:
    """Extract, update and compile the catalogues."""


@messages.command()
@click.argument("languages", nargs=-1)
def update(languages: tuple[str, ...]) -> None:
    """Bring every catalogue up to date with the code, and add the LANGUAGES named."""
    template = extracted()
    for language in sorted({*(tag for tag, _ in catalogues()), *languages}):
        path = FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        # Read and written apart: opening for writing would empty what is to be kept.
        text = rendered(updated(path, language, template))
        path.write_bytes(text)
    click.echo(f"{len(template)} messages.")


@messages.command()
def compile() -> None:  # noqa: A001 - the command's name
    """Compile every catalogue whose source is newer; fail if one has a fault."""
    for language, path in catalogues():
        compiled = path.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
            continue
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
        faults = [f"{language}: {error}" for _, errors in catalogue.check() for error in errors]
        if faults:
            sys.exit("\n".join(faults))
        with compiled.open("wb") as file:
            write_mo(file, catalogue)


def catalogues() -> list[tuple[str, Path]]:
    """Return (language, source file) of every catalogue."""
    return [(path.parent.parent.name, path) for path in sorted(FOLDER.glob(f"*/*/{DOMAIN}.po"))]


def extracted() -> Catalog:
    """Return all messages that stand in the code and the templates."""
    catalog = Catalog(project="campaign", charset="utf-8", header_comment="# Catalogue of PROJECT.")
    for message, context in _found():
        catalog.add(message, context=context)
    return catalog


def updated(path: Path, language: str, template: Catalog) -> Catalog:
    """Return a catalogue with the template's messages; the source language is filled in."""
    catalog = Catalog(locale=language, project="campaign", header_comment="# Catalogue of PROJECT.")
    if path.exists() and path.stat().st_size:
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
    # A copy: new messages would be shared with the next language's catalogue.
    catalog.update(deepcopy(template), no_fuzzy_matching=True, keep_user_comments=True)
    if language == SOURCE_LANGUAGE:
        for message in catalog:
            if message.id:
                message.string = message.id
    return catalog


def rendered(catalog: Catalog) -> bytes:
    """Return a catalogue as its file: no line numbers and no dates, so that equal is equal."""
    catalog.creation_date = catalog.revision_date = _NO_DATE
    catalog.fuzzy = False
    out = BytesIO()
    write_po(out, catalog, width=100, no_location=True, ignore_obsolete=True)
    return out.getvalue()


def _found() -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    for _file, _line, message, _comments, context in extract_from_dir(
        CHECKOUT,
        method_map=_METHODS,
        options_map=_OPTIONS,
        directory_filter=lambda path: (
            not any(part.startswith(".") for part in str(path).split("/")[-1:])
        ),
    ):
        yield message, context
