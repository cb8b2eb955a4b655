"""What the site says about itself: how it is for everybody, and who has read its words."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask import Blueprint

from campaign.errors import NotFound
from campaign.web.context import current_site
from campaign.web.public import briefly_kept
from campaign.web.render import plain_page

if TYPE_CHECKING:
    from flask import Response

    from campaign.language.catalogue import Language

pages = Blueprint("about", __name__)

STATEMENT_WRITTEN_ON = date(2026, 11, 25)


@pages.get("/<lang>/accessibility")
def accessibility(lang: str) -> Response:
    """What was done for everybody, what is not known, and whom to tell."""
    return briefly_kept(
        plain_page(
            _language(lang),
            "public/accessibility.html",
            translated_into=current_site().languages,
            written_on=STATEMENT_WRITTEN_ON,
        )
    )


@pages.get("/<lang>/translation")
def translation(lang: str) -> Response:
    """Who has read the words of this language, and how to make them better."""
    site = current_site()
    language = _language(lang)
    with site.database.reading() as session:
        shelved = site.shelf.in_language(session, lang)
    return briefly_kept(
        plain_page(
            language, "public/translation.html", translated_into=site.languages, shelved=shelved
        )
    )


def _language(lang: str) -> Language:
    languages = current_site().languages
    if lang not in languages:
        raise NotFound(lang)
    return languages[lang]
