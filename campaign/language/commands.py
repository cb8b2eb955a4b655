"""`campaign messages`: the gettext catalogues, for translators and developers."""

from __future__ import annotations

import sys
from copy import deepcopy
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from campaign.language.catalogue import DOMAIN, REVIEW_FILE, SOURCE_LANGUAGE
from campaign.language.pseudolocalization import (
    PSEUDO_LANGUAGE,
    pseudolocalize as pseudo_text,
    pseudolocalize_toml,
)
from campaign.language.review import ReviewStatus
from campaign.settings.settings import BASE_DIR, SHIPPED_CAMPAIGNS

if TYPE_CHECKING:
    from collections.abc import Iterator

CATALOGUES_FOLDER = BASE_DIR / "campaign" / "translations"
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
_METHODS = [
    ("campaign/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
]
# Not silent: a template that cannot be parsed would lose its messages and their translations.
_OPTIONS = {"templates/**": {"trimmed": "true", "silent": "false"}}


@click.group()
def messages() -> None:
    """Extract, update and compile the catalogues."""


@messages.command()
@click.argument("languages", nargs=-1)
def update(languages: tuple[str, ...]) -> None:
    """Bring every catalogue up to date with the code, and add the LANGUAGES named."""
    template = extract_messages()
    for language in sorted({*(tag for tag, _ in catalogues()), *languages}):
        path = CATALOGUES_FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        # Rendered before writing: opening the file for writing would truncate it.
        text = render_po(update_catalogue(path, language, template))
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
        compiled.write_bytes(compile_mo(catalogue))


@messages.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def pseudo(folder: Path) -> None:
    """Write translations and campaigns in a made-up language (`make pseudo` shows them).

    What stands without brackets on a page was never given to translators.
    """
    words = folder / "translations"
    read_by = [f'{tag} = "{ReviewStatus.SOURCE}"\n' for tag in (SOURCE_LANGUAGE, PSEUDO_LANGUAGE)]
    words.mkdir(parents=True, exist_ok=True)
    (words / REVIEW_FILE).write_text("".join(read_by))
    template = extract_messages()
    for tag in (SOURCE_LANGUAGE, PSEUDO_LANGUAGE):
        path = words / tag / "LC_MESSAGES" / f"{DOMAIN}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue = update_catalogue(path, SOURCE_LANGUAGE, template)
        if tag == PSEUDO_LANGUAGE:
            _make_pseudo(catalogue)
        path.write_bytes(render_po(catalogue))
        path.with_suffix(".mo").write_bytes(compile_mo(catalogue))
    for bundle in sorted(SHIPPED_CAMPAIGNS.iterdir()):
        _write_pseudo_bundle(bundle, folder / "campaigns" / bundle.name)


def _make_pseudo(catalogue: Catalog) -> None:
    for message in catalogue:
        if isinstance(message.id, str):
            message.string = pseudo_text(message.id) or message.string
        else:
            message.string = tuple(pseudo_text(one) for one in message.id)


def _write_pseudo_bundle(bundle: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    words = (bundle / f"{SOURCE_LANGUAGE}.toml").read_text(encoding="utf-8")
    facts, _, _ = (bundle / "campaign.toml").read_text(encoding="utf-8").partition("[review]")
    review = f'[review]\n{SOURCE_LANGUAGE} = "source"\n{PSEUDO_LANGUAGE} = "source"\n'
    (target / "campaign.toml").write_text(facts + review, encoding="utf-8")
    (target / f"{SOURCE_LANGUAGE}.toml").write_text(words, encoding="utf-8")
    (target / f"{PSEUDO_LANGUAGE}.toml").write_text(pseudolocalize_toml(words), encoding="utf-8")


def compile_mo(catalogue: Catalog) -> bytes:
    """Return a catalogue in MO format, with the same bytes for the same content."""
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def catalogues() -> list[tuple[str, Path]]:
    """Return the language and the PO file of every catalogue."""
    return [
        (path.parent.parent.name, path)
        for path in sorted(CATALOGUES_FOLDER.glob(f"*/*/{DOMAIN}.po"))
    ]


def extract_messages() -> Catalog:
    """Return all messages in the code and the templates."""
    catalog = Catalog(project="campaign", charset="utf-8", header_comment="# Catalogue of PROJECT.")
    for message, context in _found():
        catalog.add(message, context=context)
    return catalog


def update_catalogue(path: Path, language: str, template: Catalog) -> Catalog:
    """Return a catalogue with the messages of the template.

    In the source language, each message is its own translation.
    """
    catalog = Catalog(locale=language, project="campaign", header_comment="# Catalogue of PROJECT.")
    if path.exists() and path.stat().st_size:
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
    # A copy, because the catalogues of all languages would share new messages.
    catalog.update(deepcopy(template), no_fuzzy_matching=True, keep_user_comments=True)
    if language == SOURCE_LANGUAGE:
        for message in catalog:
            if message.id:
                message.string = message.id
    return catalog


def render_po(catalog: Catalog) -> bytes:
    """Return a catalogue in PO format, without line numbers and dates, so that it is stable."""
    catalog.creation_date = catalog.revision_date = _NO_DATE
    catalog.fuzzy = False
    out = BytesIO()
    write_po(out, catalog, width=100, no_location=True, ignore_obsolete=True)
    return out.getvalue()


def _found() -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    for _file, _line, message, _comments, context in extract_from_dir(
        BASE_DIR,
        method_map=_METHODS,
        options_map=_OPTIONS,
        directory_filter=lambda path: (
            not any(part.startswith(".") for part in str(path).split("/")[-1:])
        ),
    ):
        yield message, context
