"""The holder of a private link: who it is, what is held, and the page that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, redirect, request, url_for

from campaign.delivery.pacing import expected_send_date
from campaign.errors import NotFound
from campaign.privacy.subject_access import collect_subject_data
from campaign.signing.forms.consents import read_consents
from campaign.signing.pages.send_method import self_send_info
from campaign.store.tokens import Purpose
from campaign.web.context import PageContext, current_container, load_page_context
from campaign.web.render import render_page
from campaign.web.security import CSP_WITH_SCRIPTS

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.privacy.subject_access import PersonalLetter, SubjectData

UNPROCESSABLE = 422

_FIELDS = ("name", "town", "subject", "body", "postal", "report")


def open_private_link(lang: str, slug: str, token: str) -> tuple[PageContext, UUID]:
    site = current_container()
    with site.database.reading() as session:
        seen = load_page_context(session, lang, slug, mailed=True)
    return seen, site.tokens.read(Purpose.PRIVATE, slug, token, seen.now)


def load_subject_data(session: Session, seen: PageContext, signature_id: UUID) -> SubjectData:
    held = collect_subject_data(session, current_container().keyring, signature_id)
    if held.row.campaign_id != seen.shelved.campaign_id:
        raise NotFound(str(signature_id))
    return held


def expected_send_date_of(session: Session, letter: PersonalLetter) -> date | None:
    site = current_container()
    return expected_send_date(session, letter.row, site.pace, site.clock())


def render_private_page(
    session: Session,
    seen: PageContext,
    token: str,
    held: SubjectData,
    errors: dict[str, str] | None = None,
) -> Response:
    """Show the page; after a fault with what was typed and a message at the field."""
    errors, site = errors or {}, current_container()
    return render_page(
        seen,
        "signing/private_page.html",
        status=UNPROCESSABLE if errors else 200,
        policy=CSP_WITH_SCRIPTS,
        token=token,
        held=held,
        own_way=self_send_info(session, held.letter) if held.letter else None,
        passes_on=held.letter is not None and held.letter.recipient_is_notified,
        complaint_body=site.reference.supervisory_authorities.get(held.row.government),
        through_by=expected_send_date_of(session, held.letter) if held.letter else None,
        errors={name: [errors[name]] if name in errors else [] for name in _FIELDS},
        error_list=list(errors.items()),
        faulty=bool(errors),
        typed=request.form if errors else {},
        ticks=read_consents(request.form),
        private_url=url_for("own_page.show", lang=seen.language.tag, slug=seen.slug, token=token),
    )


def redirect_to_private_page(seen: PageContext, token: str) -> WerkzeugResponse:
    target = url_for("own_page.show", lang=seen.language.tag, slug=seen.slug, token=token)
    return redirect(target, 303)
