"""The pages that anybody may read and any cache may store for a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, redirect, request, url_for

from campaign import logs
from campaign.campaigns.queries import campaigns as queries
from campaign.errors import CampaignMoved, NotFound, SealError
from campaign.signatures.public_counts import (
    PublicCounts,
    list_wordings as all_wordings,
    public_counts,
)
from campaign.signatures.queries import signatures
from campaign.signatures.sealing import unseal_person
from campaign.store.database import is_from_replica
from campaign.web.context import (
    PageContext,
    container,
    load_campaign,
    load_page_context,
    web_services,
)
from campaign.web.error_handlers import request_language
from campaign.web.render import EMBED, render_page, render_site_page
from campaign.web.security import CSP_WITH_REQUESTS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.signatures.rules.signature import Person

pages = Blueprint("public", __name__)

log = logs.get_logger(__name__)

CACHE_SECONDS = 1
STALE_SECONDS = 5
"""How long a cache may store a count, and how much longer it may show it while revalidating.

A count is at most eleven seconds old: two and a half in this process (the page cache,
`public_figures`), seven in a proxy that counts whole seconds, one in a browser, and the time to
render it. With a replica it may be six seconds older (`campaign.store.replica`).
"""

SIGNATORIES_PER_PAGE = 100

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pages.get("/")
def root() -> WerkzeugResponse:
    """Redirect to a language: only here does the browser's preference decide."""
    with container.database.reading_replica() as session:
        loaded = container.campaign_cache.all(session)
        chosen = _default_campaign(session)
    if not chosen and len(loaded) == 1:
        chosen = loaded
    if chosen:
        return _to_letter(chosen[0])
    return _by_language(
        url_for("public.campaigns", lang=request_language().tag, source=_requested_source())
    )


def _in_some_language(slug: str) -> WerkzeugResponse:
    """Redirect to a campaign's page in a language; raise NotFound if there is no such campaign."""
    with container.database.reading_replica() as session:
        return _to_letter(load_campaign(session, slug, follows=True))


def _to_letter(loaded: LoadedCampaign) -> WerkzeugResponse:
    """Redirect to a campaign's page in the language that the browser prefers."""
    campaign = loaded.campaign
    usual = campaign.facts.default_language
    # The usual language first: it is the one that "any language" selects.
    offered = sorted(campaign.revision.languages, key=lambda one: one != usual)
    lang = request.accept_languages.best_match(offered, default=usual)
    return _by_language(
        url_for("public.letter", lang=lang, slug=loaded.slug, source=_requested_source())
    )


def _by_language(target: str) -> WerkzeugResponse:
    response = redirect(target, 303)
    response.headers["Vary"] = "Accept-Language"
    return response


def _default_campaign(session: Session) -> list[LoadedCampaign]:
    """Return the campaign that the settings name, wherever it is now; none if they name none."""
    try:
        return [container.campaign_cache.by_slug(session, container.settings.default)]
    except CampaignMoved as moved:
        return [container.campaign_cache.by_slug(session, moved.slug)]
    except NotFound:
        return []


@pages.get("/<lang>/", strict_slashes=False)
def campaigns(lang: str) -> WerkzeugResponse:
    """List the campaigns that are available in this language.

    A campaign's address alone leads to its page in the language that the browser prefers.
    """
    if lang not in container.languages:
        return _in_some_language(lang)
    language, now = container.languages[lang], container.clock()
    with container.database.reading_replica() as session:
        loaded = container.campaign_cache.in_language(session, lang)
        entries = [
            (page, public_figures(session, page))
            for page in (PageContext(one, language, now) for one in loaded)
            if page.campaign.facts.archived_on is None
        ]
    return cache_briefly(
        render_site_page(
            language,
            "campaigns/list.html",
            translated_into=container.languages,
            # Campaigns that can no longer be signed come last.
            entries=sorted(entries, key=lambda one: one[0].is_closed),
            source_code=_requested_source(),
            quotes_unreviewed=any(one.campaign.facts.needs_review(lang) for one in loaded),
        )
    )


@pages.get("/<slug>/counts.json")
def counts(slug: str) -> Response:
    """Return the public totals: by government and by day, never by both."""
    with container.database.reading_replica() as session:
        # Scripts of other sites read this: a redirect would need headers of its own.
        loaded = load_campaign(session, slug, follows=True)
        page = PageContext(
            loaded, container.languages[loaded.campaign.facts.default_language], container.clock()
        )
        figures = public_figures(session, page)
    response = jsonify(
        campaign=slug,
        revision=page.loaded.digest,
        signature_count=figures.total,
        signatures_by_country=[
            {"code": code, "name": page.government_name(code), "signature_count": number}
            for code, number in figures.by_government.items()
        ],
        signatures_by_day=[
            {"day": day.isoformat(), "signature_count": number} for day, number in figures.by_day
        ],
    )
    response.headers["Access-Control-Allow-Origin"] = "*"
    return cache_briefly(response)


@pages.get("/<lang>/<slug>/signatories")
def signatories(lang: str, slug: str) -> Response:
    """Show the names of those who agreed to be shown; never cached or indexed."""
    before, skip = _cursor(request.args.get("from", ""))
    with container.database.reading_replica() as session:
        page = load_page_context(session, lang, slug)
        campaign_id = page.loaded.campaign_id
        rows = signatures.list_signatories(
            session, campaign_id, before, skip, SIGNATORIES_PER_PAGE + 1
        )
        earlier = _earlier_revisions(session, page)
    names = [
        (person, row.government, row.revision_id in earlier)
        for row in rows[:SIGNATORIES_PER_PAGE]
        if (person := _person(row))
    ]
    next_cursor = (
        _next_cursor(rows[:SIGNATORIES_PER_PAGE], before, skip)
        if len(rows) > SIGNATORIES_PER_PAGE
        else ""
    )
    response = render_page(page, "campaigns/signatories.html", names=names, next_cursor=next_cursor)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@pages.get("/<lang>/<slug>/wordings")
def wordings(lang: str, slug: str) -> Response:
    """Show every published wording of the demands, and how many signed it."""
    with container.database.reading_replica() as session:
        page = load_page_context(session, lang, slug)
        shown = web_services.public_totals_cache.get_or_set(
            ("wordings", page.loaded.campaign_id, is_from_replica(session)),
            lambda: all_wordings(session, container.campaign_cache, page.loaded),
        )
    return cache_briefly(render_page(page, "campaigns/wordings.html", wordings=shown))


def _earlier_revisions(session: Session, page: PageContext) -> set[int]:
    """Return the revisions whose demands differ from the current ones."""
    if page.loaded.wordings == 1:
        return set()
    numbers = queries.wording_numbers(session, page.loaded.campaign_id)
    return {one for one, number in numbers.items() if number != page.loaded.wording}


def _person(row: signatures.Signatory) -> Person | None:
    """Unseal one name; a damaged row must not remove the others from the page."""
    try:
        return unseal_person(container.keyring, row.id, row.sealed)
    except SealError as error:
        log.error("a signature cannot be shown", signature=str(row.id), exc_info=error)  # noqa: TRY400
        return None


def public_figures(session: Session, page: PageContext) -> PublicCounts:
    """Return the public figures; on a busy site they may be half a second old."""
    governments = container.reference.governments.values()
    return web_services.public_totals_cache.get_or_set(
        ("public", page.loaded.campaign_id, is_from_replica(session)),
        lambda: public_counts(session, page.loaded, governments, page.now.date()),
    )


def visit_source(page: PageContext) -> str:
    """Return the source under which this visit is counted: the link's, or that of an embed."""
    facts = page.campaign.facts
    usual = EMBED if request.blueprint == EMBED and EMBED in facts.sources else ""
    return facts.normalize_source(request.args.get("source", usual))


def cache_for(response: Response, seconds: int) -> Response:
    """Let every cache store a response; on expiry one request renews it for all (RFC 5861)."""
    stale = f"stale-while-revalidate={STALE_SECONDS}"
    response.headers["Cache-Control"] = f"public, max-age={seconds}, {stale}"
    return response


def cache_briefly(response: Response) -> Response:
    """Let caches store a page for as long as its count may be old."""
    cache_for(response, CACHE_SECONDS)
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = CSP_WITH_REQUESTS
    if not response.get_etag()[0]:
        # Weak, because it may be compressed on the way (RFC 9110, section 8.8.3).
        response.add_etag(weak=True)
    response.make_conditional(request)
    return response


def _requested_source() -> str | None:
    """Return the source that a visitor's link names: it is passed on to the letter."""
    return request.args.get("source", "")[:64] or None


def _cursor(text: str) -> tuple[datetime | None, int]:
    """Read where a page of names begins: a timestamp, and how many of its names were shown."""
    micros, _, skip = text.partition("-")
    if not (micros.isascii() and micros.isdigit() and len(micros) <= 17):  # noqa: PLR2004
        return None, 0
    moment = _EPOCH + timedelta(microseconds=int(micros))
    count = int(skip) if skip.isascii() and skip.isdigit() and len(skip) <= 5 else 0  # noqa: PLR2004
    return moment, count


def _next_cursor(rows: list[signatures.Signatory], before: datetime | None, skip: int) -> str:
    last = rows[-1].confirmed_at
    same = sum(row.confirmed_at == last for row in rows)
    if before == last:
        same += skip
    micros = (last - _EPOCH) // timedelta(microseconds=1)
    return f"{micros}-{same}"
