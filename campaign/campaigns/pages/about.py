"""What the site says about itself: what it does with data, for whom it is, who read its words."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask import Blueprint

from campaign.campaigns.pages.letter import briefly_kept
from campaign.campaigns.rules.campaign import Author
from campaign.errors import NotFound
from campaign.language.formats import in_order, territory
from campaign.privacy.rules import erased_from
from campaign.web.context import current_site
from campaign.web.render import plain_page

if TYPE_CHECKING:
    from flask import Response

    from campaign.language.catalogue import Language

pages = Blueprint("about", __name__)

STATEMENT_WRITTEN_ON = date(2026, 11, 25)
NOTICE_WRITTEN_ON = date(2026, 11, 29)


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


@pages.get("/<lang>/privacy")
def privacy(lang: str) -> Response:
    """Which data is used for what, who gets it, when it is erased, and what one can do."""
    site, language = current_site(), _language(lang)
    with site.database.reading() as session:
        shelved = site.shelf.all(session)
    others = [one.campaign for one in shelved if one.campaign.facts.by is Author.OTHER]
    bodies = site.reference.complaint_bodies
    countries = {code: territory(code, lang) for code in site.reference.governments}
    return briefly_kept(
        plain_page(
            language,
            "public/privacy.html",
            translated_into=site.languages,
            shelved=shelved,
            authors=list(dict.fromkeys(campaign.author_in(lang) for campaign in others)),
            erased_from=erased_from,
            complaint_bodies=[
                (countries[code], bodies.get(code))
                for code in in_order(countries, countries.__getitem__, lang)
            ],
            written_on=NOTICE_WRITTEN_ON,
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
