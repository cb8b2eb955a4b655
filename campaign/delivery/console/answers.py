"""Answers to a letter: as they came in, and what an owner says of those in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, redirect, url_for

from campaign.console.guard import console, needs
from campaign.console.session import acting, me
from campaign.delivery import answers
from campaign.delivery.queries import inbound
from campaign.delivery.sealing import open_inbound
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.console.letters import CHANGED, file_of, letter_page, of_campaign
from campaign.organisers.queries import audit_log as log
from campaign.organisers.rules.audit_log import Action, Entry
from campaign.organisers.rules.roles import Right
from campaign.web.context import current_site

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.delivery.rows.inbound import InboundRow


@console.post("/c/<slug>/letters/<uuid:letter_id>/answers/<uuid:inbound_id>")
@needs(Right.NAMES, fresh=True)
def answer(letter_id: UUID, inbound_id: UUID) -> Response:
    """An answer as it came in, with its files."""
    site = current_site()
    with site.database.writing() as session:
        row = _found(session, letter_id, inbound_id)
        assert row.sealed is not None
        wire = open_inbound(site.keyring, row.id, row.sealed)
        act = Entry(me().name, Action.ANSWER_FETCHED, f"letter {letter_id}")
        log.append(session, act, site.clock())
    return file_of(wire, "message/rfc822", f"answer-{inbound_id}.eml")


@console.post("/c/<slug>/letters/<uuid:letter_id>/answers/<uuid:inbound_id>/pass-on")
@needs(Right.NAMES)
def pass_answer_on(letter_id: UUID, inbound_id: UUID) -> WerkzeugResponse:
    """It is an answer: count it, and mail it to who wrote the letter."""
    site = current_site()
    afterwards = url_for("console.letter", letter_id=letter_id, said="decided")
    try:
        with acting(afterwards) as session:
            _found(session, letter_id, inbound_id)
            answers.pass_on(session, site.keyring, inbound_id, me().name, site.clock())
    except NoLongerPossible:
        return letter_page(letter_id, problem=CHANGED)
    return redirect(afterwards, 303)


@console.post("/c/<slug>/letters/<uuid:letter_id>/answers/<uuid:inbound_id>/set-aside")
@needs(Right.NAMES)
def set_answer_aside(letter_id: UUID, inbound_id: UUID) -> WerkzeugResponse:
    """It is no answer: keep it under the letter, and off its writer's page."""
    afterwards = url_for("console.letter", letter_id=letter_id, said="decided")
    try:
        with acting(afterwards) as session:
            _found(session, letter_id, inbound_id)
            answers.set_aside(session, inbound_id, me().name, current_site().clock())
    except NoLongerPossible:
        return letter_page(letter_id, problem=CHANGED)
    return redirect(afterwards, 303)


def _found(session: Session, letter_id: UUID, inbound_id: UUID) -> InboundRow:
    """Return a message under a letter of this campaign, if it still says something."""
    of_campaign(session, letter_id)
    row = inbound.find(session, inbound_id)
    if row is None or row.letter_id != letter_id or row.sealed is None:
        raise NotFound(str(inbound_id))
    return row
