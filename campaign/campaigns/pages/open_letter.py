"""The letter's page: who asks whom for what, the beginning of the form, how many have signed."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, request

from campaign.campaigns.pages.public import cache_briefly, pages, public_figures, visit_source
from campaign.campaigns.pages.recipients import recipient_notes
from campaign.campaigns.pages.tile_map import tile_map
from campaign.campaigns.share_images import SHARE_IMAGE_SIZE
from campaign.signing.forms.email_typos import suggest_address
from campaign.signing.forms.sign import SignForm, Step, chosen_government
from campaign.web.context import container, load_page_context
from campaign.web.render import EMBED, render_page
from campaign.web.security import CSP_WITH_SCRIPTS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaign.web.context import PageContext


@pages.get("/<lang>/<slug>", strict_slashes=False)
def letter(lang: str, slug: str) -> Response:
    """Show the letter's page with an empty form; it is the same for everybody."""
    with container.database.reading_replica() as session:
        page = load_page_context(session, lang, slug)
        return show_empty_form(session, page)


def show_empty_form(session: Session, page: PageContext) -> Response:
    """Return the page with an empty form, in which the link's government is chosen."""
    form = SignForm(page, None)
    form.government.data = chosen_government(request.args.get("government", ""), page)
    form.unvalidated["source"] = visit_source(page)
    response = _render(session, page, form)
    # The form's token changes every second and a page with an earlier one is as good, for a day.
    same = response.get_data(as_text=True).replace(str(form.stamp.current_token), "")
    hour = page.now.strftime("%Y-%m-%dT%H")
    response.set_etag(hashlib.sha256(f"{hour}{same}".encode()).hexdigest()[:32], weak=True)
    return cache_briefly(response)


def show_form(page: PageContext, form: SignForm, status: int = HTTPStatus.OK) -> Response:
    """Return the page with the form as she filled it in, and messages at its fields."""
    with container.database.reading() as session:
        response = _render(session, page, form)
    response.status_code = status
    response.headers.setdefault("Content-Security-Policy", CSP_WITH_SCRIPTS)
    return response


def _render(session: Session, page: PageContext, form: SignForm) -> Response:
    embedded = request.blueprint == EMBED
    figures, address = public_figures(session, page), form.typed("email")
    shows_count = page.campaign.facts.shows_count(figures.total)
    return render_page(
        page,
        "campaigns/embed_form.html" if embedded else "campaigns/open_letter.html",
        form=form,
        errors=form.first_page_errors(),
        notes=recipient_notes(page, form.typed("government")),
        suggested_email=suggest_address(address) if address else "",
        figures=figures,
        shows_count=shows_count,
        named=page.names_of(figures.by_government) if shows_count else {},
        tiles=tile_map(page, figures.by_government) if shows_count else [],
        share_image_size=SHARE_IMAGE_SIZE,
        source_code=form.typed("source") or None,
        switch_step=Step.CHANGE.value if page.is_open else "",
    )
