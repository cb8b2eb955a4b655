"""The letter embedded in other sites: its count and a button, or the whole form.

Only hosts that the campaign names may frame it (`embed_hosts` in campaign.toml). It sets no cookie;
the confirmation is always a page of its own, outside the frame.
"""

from __future__ import annotations

from flask import Blueprint, Response, g, request, url_for

from campaign.campaigns.pages.open_letter import show_empty_form
from campaign.campaigns.pages.public import cache_briefly, cache_for, public_figures, visit_source
from campaign.signing.pages import confirm, sign
from campaign.web.context import container, load_campaign, load_page_context
from campaign.web.render import EMBED, render_page
from campaign.web.security import embed_csp
from campaign.web.static_files import static_files

pages = Blueprint(EMBED, __name__, url_prefix="/embed")

SCRIPT_SECONDS = 3600

_FRAMED_BY = "framed_by"


@pages.before_request
def _load_frame_ancestors() -> None:
    """Remember who may frame the campaign, for any page that answers the request."""
    slug = (request.view_args or {}).get("slug", "")
    if slug:
        with container.database.reading() as session:
            follows = request.method == "POST"
            facts = load_campaign(session, slug, follows=follows).campaign.facts
        g.setdefault(_FRAMED_BY, facts.embed_hosts)


@pages.after_request
def _set_frame_ancestors(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = embed_csp(g.get(_FRAMED_BY, ()))
    return response


@pages.get("/<lang>/<slug>")
def show(lang: str, slug: str) -> Response:
    """Show the title, the count and a button that opens the form in a new window."""
    with container.database.reading_replica() as session:
        page = load_page_context(session, lang, slug)
        figures = public_figures(session, page)
    source = visit_source(page)
    address = url_for("public.letter", lang=lang, slug=slug, source=source or None, _anchor="sign")
    return cache_briefly(
        render_page(page, "campaigns/embed.html", figures=figures, source=source, sign_url=address)
    )


@pages.get("/size.js")
def script() -> Response:
    """Return the script that fits frames to their content, optional for the embedding page."""
    return cache_for(static_files()["embed.js"].answer(), SCRIPT_SECONDS)


@pages.get("/<lang>/<slug>/sign")
def form(lang: str, slug: str) -> Response:
    """Show the beginning of the form, with links to the letter's text."""
    with container.database.reading_replica() as session:
        page = load_page_context(session, lang, slug)
        page.campaign.facts.must_be_open(page.now.date())
        return show_empty_form(session, page)


# What follows uses the same views; their pages are laid out for a frame.
pages.post("/<lang>/<slug>/sign")(sign.submit_step)
pages.get("/<lang>/<slug>/check/<token>")(confirm.check)
pages.post("/<lang>/<slug>/check/<token>/again")(confirm.resend)
pages.post("/<lang>/<slug>/check/<token>/address")(confirm.change_address)
