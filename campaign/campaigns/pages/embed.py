"""The letter inside other people's pages: its count and a button, or the whole form.

Only hosts that the campaign names may frame it (`embed_hosts` in campaign.toml). It sets no
cookie; the way out, to the confirmed signature, is always a page of its own.
"""

from __future__ import annotations

from flask import Blueprint, Response, g, request, url_for

from campaign.campaigns.pages.letter import briefly_kept, figures_of, kept_for, source_of
from campaign.signing.pages import sign as signing
from campaign.web.context import current_site, visit
from campaign.web.render import EMBED, page
from campaign.web.security import framed_policy
from campaign.web.static_files import static_files

pages = Blueprint(EMBED, __name__, url_prefix="/embed")

SCRIPT_SECONDS = 3600

_FRAMED_BY = "framed_by"


@pages.before_request
def _find_hosts() -> None:
    """Remember who may frame the campaign, for whatever page comes of the request."""
    slug = (request.view_args or {}).get("slug", "")
    if slug:
        site = current_site()
        with site.database.reading() as session:
            facts = site.shelf.by_slug(session, slug).campaign.facts
        g.setdefault(_FRAMED_BY, facts.embed_hosts)


@pages.after_request
def _allow_hosts(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = framed_policy(g.get(_FRAMED_BY, ()))
    return response


@pages.get("/<lang>/<slug>")
def show(lang: str, slug: str) -> Response:
    """The title, the count and a button that opens the form in a window of its own."""
    with current_site().database.reading() as session:
        seen = visit(session, lang, slug)
        counted = figures_of(session, seen)
    source = source_of(seen)
    address = url_for("signing.sign", lang=lang, slug=slug, source=source or None)
    return briefly_kept(
        page(seen, "public/embed.html", figures=counted, source=source, sign_url=address)
    )


@pages.get("/size.js")
def script() -> Response:
    """Fits frames to what is in them; for the page that embeds, if it wants that."""
    return kept_for(static_files()["embed.js"].answer(), SCRIPT_SECONDS)


# The form's views are the same; what they answer is laid out for a frame.
pages.get("/<lang>/<slug>/sign")(signing.sign)
pages.post("/<lang>/<slug>/sign")(signing.sign_step)
pages.get("/<lang>/<slug>/check/<token>")(signing.check)
pages.post("/<lang>/<slug>/check/<token>/again")(signing.check_again)
