"""How a campaign begins: with nothing, as a copy of another, or from a bundle."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from anyascii import anyascii
from flask import request
from wtforms import FileField

from campaign.campaigns.bundle_archive import MAX_ARCHIVE_BYTES
from campaign.campaigns.bundle_facts import MAX_SLUG, slug_fault
from campaign.campaigns.bundle_words import MAX_NAME
from campaign.console.forms import BAD_TEXT, ConsoleForm
from campaign.console.selected_campaign import my_campaigns
from campaign.errors import InvalidFields, InvalidText
from campaign.language.formats import language_name
from campaign.language.text import clean_line
from campaign.web.context import container
from campaign.web.forms import ChoiceField, TextField

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SLUG_MESSAGES = {
    "no-slug": ("slug", "Use small letters, digits and single hyphens, such as safe-cycling."),
    "reserved-slug": (
        "slug",
        f"This address is used by the site itself, or longer than {MAX_SLUG} characters.",
    ),
    "slug-taken": (
        "slug",
        "Another campaign has this address, or had it before. Enter another one.",
    ),
}


def suggested_slug(name: str) -> str:
    """Return an address that says a name in small Latin letters, "" if it has none."""
    words = re.findall(r"[a-z0-9]+", anyascii(name).lower())
    return "-".join(words)[:MAX_SLUG].strip("-")


def language_choices(without: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return the site's languages with their English names, sorted by these; English first."""
    taken = set(without)
    named = [(tag, language_name(tag, "en")) for tag in container.languages if tag not in taken]
    return sorted(named, key=lambda pair: (pair[0] != "en", pair[1]))


class CreationForm(ConsoleForm):
    """What begins a campaign; an empty address is made from the name."""

    name = TextField("Name of the campaign")
    slug = TextField("Address")

    messages = {
        **SLUG_MESSAGES,
        "no-name": ("name", "Enter a name."),
        "long-name": ("name", f"This is longer than {MAX_NAME} characters."),
    }

    @property
    def cleaned_name(self) -> str:
        """Return the name; raise InvalidText if there is none."""
        name = clean_line(self.name.data)
        if not name or len(name) > MAX_NAME:
            raise InvalidText("long-name" if name else "no-name")
        return name

    @property
    def address(self) -> str:
        """Return the address; raise InvalidText if a campaign cannot have it."""
        slug = self.slug.stripped or suggested_slug(self.cleaned_name)
        if fault := slug_fault(slug, is_new=True):
            raise InvalidText(fault)
        return slug

    def refuse(self, error: InvalidText | InvalidFields) -> None:
        assert isinstance(error, InvalidText)
        self.add_error(*self.messages.get(error.reason, ("name", BAD_TEXT)))


class BlankForm(CreationForm):
    language = ChoiceField("Language you write in", choices=language_choices)
    author = TextField("Who asks? The author of the letter")

    messages = {**CreationForm.messages, "no-author": ("author", "Say who asks.")}

    @property
    def cleaned_author(self) -> str:
        author = clean_line(self.author.data)
        if not author:
            raise InvalidText("no-author")
        return author


class CopyForm(CreationForm):
    source = ChoiceField(
        "Copy of", choices=lambda: [(one.slug, one.name) for one in my_campaigns()]
    )


class UploadForm(ConsoleForm):
    """A bundle as a ZIP archive; `slug` if it is to have another address than its own."""

    bundle = FileField("Bundle (.zip)")
    slug = TextField("Address, if it should have another one")

    messages = {
        **SLUG_MESSAGES,
        "bad-bundle": ("bundle", "This is no complete bundle. The list above says why."),
    }

    faults: Sequence[str] = ()

    @staticmethod
    def must_be_address(slug: str) -> None:
        """Raise InvalidText if a campaign cannot have this address."""
        if fault := slug_fault(slug, is_new=True):
            raise InvalidText(fault)

    @property
    def content(self) -> bytes:
        """Return what was uploaded, no more of it than an archive may have."""
        file = request.files.get("bundle")
        return file.stream.read(MAX_ARCHIVE_BYTES + 1) if file else b""

    def refuse(self, error: InvalidText | InvalidFields) -> None:
        assert isinstance(error, InvalidText)
        self.add_error(*self.messages.get(error.reason, ("bundle", BAD_TEXT)))
