"""Rehearse a draft: colleagues sign it under a secret address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, url_for

from campaign.campaigns.console.draft import use_zone_of_draft
from campaign.campaigns.console.draft_check import check_draft, complete_bundle
from campaign.campaigns.drafts import load_draft
from campaign.campaigns.forms.publication import RehearsalForm
from campaign.campaigns.queries import campaigns as queries, rehearsals
from campaign.campaigns.rehearsal import end_rehearsal, record_letter_read, start_rehearsal
from campaign.console.access import console, requires
from campaign.console.forms import ConsoleForm, form_on_page, submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.errors import NoLongerPossible
from campaign.letters.queries import letters as letters_queries
from campaign.organisers.rules.roles import Permission
from campaign.signatures.queries import counts
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.rows import CampaignRow


@console.get("/c/<slug>/rehearsal")
@requires(Permission.EDIT)
def rehearsal() -> Response:
    use_zone_of_draft()
    return _rehearsal_page()


@console.post("/c/<slug>/rehearsal/start")
@requires(Permission.EDIT)
def begin_rehearsal() -> WerkzeugResponse:
    """Rehearse the version of the draft that was shown, under a new address or the one that is."""
    form, by, now = RehearsalForm(), current_user().name, container.clock()
    campaign_id, number = selected_campaign().campaign_id, form.version.number
    bundle = complete_bundle(number)

    def change(session: Session) -> None:
        if bundle is None or queries.lock(session, campaign_id).draft_version != number:
            raise NoLongerPossible("draft")
        start_rehearsal(session, campaign_id, number, bundle, by, now)

    return _submitted(form, change, "rehearsal-started")


@console.post("/c/<slug>/rehearsal/end")
@requires(Permission.EDIT)
def finish_rehearsal() -> WerkzeugResponse:
    by, now, campaign_id = current_user().name, container.clock(), selected_campaign().campaign_id
    return _submitted(
        ConsoleForm(),
        lambda session: end_rehearsal(session, campaign_id, by, now),
        "rehearsal-ended",
    )


@console.post("/c/<slug>/rehearsal/read")
@requires(Permission.EDIT)
def letter_read() -> WerkzeugResponse:
    """Note that who is signed in has read a letter of the version that is rehearsed."""
    form, by, campaign_id = RehearsalForm(), current_user().name, selected_campaign().campaign_id

    def change(session: Session) -> None:
        going = rehearsals.of_campaign(session, campaign_id, container.clock())
        if going is None or not _letters_of_this_version(session, going):
            raise NoLongerPossible("no letter")
        record_letter_read(session, campaign_id, form.version.number, by)

    return _submitted(form, change, "letter-read")


def _letters_of_this_version(session: Session, going: CampaignRow) -> int:
    """Return how many letters were written since the version that is rehearsed is shown."""
    return letters_queries.count_of_revision(session, queries.by_id(session, going.id).revision_id)


def _submitted(
    form: ConsoleForm, change: Callable[[Session], object], said: str
) -> WerkzeugResponse:
    return submit_form(
        form,
        change,
        afterwards=url_for("console.rehearsal", said=said),
        page=lambda: _rehearsal_page(form),
    )


def _rehearsal_page(submitted: ConsoleForm | None = None) -> Response:
    campaign_id, now = selected_campaign().campaign_id, container.clock()
    with container.database.reading() as session:
        row = queries.get(session, campaign_id)
        draft = load_draft(session, campaign_id)
        is_complete = check_draft(session, draft).bundle is not None
        going = rehearsals.of_campaign(session, campaign_id, now)
        signed = counts.total(session, going.id) if going else 0
        letters = _letters_of_this_version(session, going) if going else 0
    return console_page(
        "campaigns/console/rehearsal.html",
        status=submitted.status if submitted else 200,
        form=submitted,
        row=row,
        draft=draft,
        is_complete=is_complete,
        going=going,
        link=container.links.absolute_url(url_for("public.campaigns", lang=going.slug))
        if going
        else "",
        signed=signed,
        letters=letters,
        copies_to=container.settings.rehearsal_address,
        start_form=form_on_page(None, RehearsalForm, version=str(draft.number)),
        read_form=form_on_page(
            None, RehearsalForm, version=str(going.rehearsed_version if going else 0)
        ),
    )
