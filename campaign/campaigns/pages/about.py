"""The pages about the site: privacy, accessibility, and who reviewed the translations."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, url_for

from campaign.campaigns.pages.public import cache_briefly
from campaign.campaigns.rules.campaign import AuthorKind, erasure_date
from campaign.errors import NotFound
from campaign.language.formats import sort_by_name, territory_name
from campaign.web.context import container, load_page_context
from campaign.web.render import render_page, render_site_page

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.language.catalogue import Language
    from campaign.operator import CampaignOperator

pages = Blueprint("about", __name__)

STATEMENT_WRITTEN_ON = date(2026, 11, 25)
NOTICE_WRITTEN_ON = date(2026, 12, 1)


@pages.get("/<lang>/accessibility")
def accessibility(lang: str) -> Response:
    """Show what was done for accessibility, what is not known, and whom to tell."""
    return cache_briefly(
        render_site_page(
            _language(lang),
            "campaigns/accessibility.html",
            translated_into=container.languages,
            written_on=STATEMENT_WRITTEN_ON,
        )
    )


@pages.get("/<lang>/privacy")
def privacy(lang: str) -> Response:
    """Show which data is used for what, who gets it, when it is erased, and what rights one has.

    Campaigns that others than the site's operator run have notices of their own.
    """
    language, site = _language(lang), container.settings.operator
    with container.database.reading_replica() as session:
        campaigns = container.campaign_cache.all(session)
    run_by_others = [one for one in campaigns if site.of_campaign(_operator(one)).site]
    return cache_briefly(
        render_site_page(
            language,
            _NOTICE,
            translated_into=container.languages,
            run_by_others=[(one, site.of_campaign(_operator(one)).name) for one in run_by_others],
            **_notice_values(lang, [one for one in campaigns if one not in run_by_others]),
        )
    )


@pages.get("/<lang>/<slug>/privacy")
def campaign_privacy(lang: str, slug: str) -> WerkzeugResponse:
    """Show the notice of a campaign with an operator of its own, or lead to the site's."""
    with container.database.reading_replica() as session:
        page = load_page_context(session, lang, slug, mailed=True)
    if _operator(page.loaded) is None:
        return redirect(url_for("about.privacy", lang=lang), 303)
    values = _notice_values(lang, [page.loaded])
    return cache_briefly(render_page(page, _NOTICE, run_by_others=[], **values))


_NOTICE = "campaigns/privacy_notice.html"


def _operator(loaded: LoadedCampaign) -> CampaignOperator | None:
    return loaded.campaign.facts.operator


def _notice_values(lang: str, campaigns: list[LoadedCampaign]) -> dict[str, Any]:
    others = [one.campaign for one in campaigns if one.campaign.facts.by is AuthorKind.OTHER]
    bodies = container.reference.supervisory_authorities
    countries = {code: territory_name(code, lang) for code in container.reference.governments}
    return {
        "campaigns": campaigns,
        "authors": list(dict.fromkeys(campaign.author_in(lang) for campaign in others)),
        "erased_from": erasure_date,
        "complaint_bodies": [
            (countries[code], bodies.get(code))
            for code in sort_by_name(countries, countries.__getitem__, lang)
        ],
        "written_on": NOTICE_WRITTEN_ON,
    }


@pages.get("/<lang>/translation")
def translation(lang: str) -> Response:
    """Show who has reviewed this language's translation, and how to improve it."""
    language = _language(lang)
    with container.database.reading_replica() as session:
        campaigns = container.campaign_cache.in_language(session, lang)
    return cache_briefly(
        render_site_page(
            language,
            "campaigns/translation.html",
            translated_into=container.languages,
            campaigns=campaigns,
        )
    )


def _language(lang: str) -> Language:
    languages = container.languages
    if lang not in languages:
        raise NotFound(lang)
    return languages[lang]
