"""The holder of a private link: who it is, what is held, and the page that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, redirect, request, url_for

from campaign.delivery.pacing import through_by
from campaign.errors import NotFound
from campaign.privacy.subject_access import held_about
from campaign.signing.forms.consents import read_consents
from campaign.signing.pages.send_method import own_way
from campaign.store.tokens import Purpose
from campaign.web.context import Visit, current_site, visit
from campaign.web.render import page
from campaign.web.security import POLICY_WITH_SCRIPT

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.privacy.subject_access import Holdings, OwnLetter

UNPROCESSABLE = 422

_FIELDS = ("name", "town", "subject", "body", "postal", "report")


def holder(lang: str, slug: str, token: str) -> tuple[Visit, UUID]:
    site = current_site()
    with site.database.reading() as session:
        seen = visit(session, lang, slug, mailed=True)
    return seen, site.tokens.read(Purpose.PRIVATE, slug, token, seen.now)


def holdings(session: Session, seen: Visit, signature_id: UUID) -> Holdings:
    held = held_about(session, current_site().keyring, signature_id)
    if held.row.campaign_id != seen.shelved.campaign_id:
        raise NotFound(str(signature_id))
    return held


def leaves_by(session: Session, letter: OwnLetter) -> date | None:
    site = current_site()
    return through_by(session, letter.row, site.pace, site.clock())


def own_page_of(
    session: Session, seen: Visit, token: str, held: Holdings, errors: dict[str, str] | None = None
) -> Response:
    """Show the page; after a fault with what was typed and a message at the field."""
    errors, site = errors or {}, current_site()
    return page(
        seen,
        "public/private.html",
        status=UNPROCESSABLE if errors else 200,
        policy=POLICY_WITH_SCRIPT,
        token=token,
        held=held,
        own_way=own_way(session, held.letter) if held.letter else None,
        passes_on=held.letter is not None and held.letter.is_asked_back,
        complaint_body=site.reference.complaint_bodies.get(held.row.government),
        through_by=leaves_by(session, held.letter) if held.letter else None,
        errors={name: [errors[name]] if name in errors else [] for name in _FIELDS},
        error_list=list(errors.items()),
        faulty=bool(errors),
        typed=request.form if errors else {},
        ticks=read_consents(request.form),
        private_url=url_for("own_page.show", lang=seen.language.tag, slug=seen.slug, token=token),
    )


def back(seen: Visit, token: str) -> WerkzeugResponse:
    target = url_for("own_page.show", lang=seen.language.tag, slug=seen.slug, token=token)
    return redirect(target, 303)
