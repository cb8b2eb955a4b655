"""Check a draft, and publish it: at once, at a time, or an earlier wording again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for

from campaign.campaigns import schedule as scheduling
from campaign.campaigns.console.changes import summarise
from campaign.campaigns.console.draft import step_page, use_zone_of_draft
from campaign.campaigns.console.draft_check import check_draft, publishable_bundle
from campaign.campaigns.console.faults import explained
from campaign.campaigns.console.preflight import is_blocked, preflight
from campaign.campaigns.draft_changes import changes_between
from campaign.campaigns.drafts import load_draft
from campaign.campaigns.forms.publication import (
    AddressForm,
    ApproveForm,
    CloseForm,
    DeleteForm,
    LifecycleForm,
    PublishForm,
    ReopenForm,
    ScheduleForm,
    WordingForm,
)
from campaign.campaigns.go_back import go_back
from campaign.campaigns.publish import publish
from campaign.campaigns.queries import bundle_versions, campaigns as queries, schedule
from campaign.campaigns.rules.state import CampaignState, campaign_state
from campaign.campaigns.schedule import PlannedPublication
from campaign.campaigns.serialization import parse_facts
from campaign.console.access import console, requires
from campaign.console.forms import ConsoleForm, form_on_page, submit_form
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.delivery.queries import letter_lists
from campaign.errors import NoLongerPossible
from campaign.letters.rules.letter import LetterState
from campaign.organisers.rules.roles import Permission
from campaign.signatures.queries import counts
from campaign.signatures.queries.signatures import has_signatures
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.bundle import Bundle
    from campaign.campaigns.cache import LoadedCampaign
    from campaign.campaigns.draft import Draft
    from campaign.campaigns.rows import CampaignRow, RevisionRow, ScheduledPublicationRow

UNSENT = (LetterState.WAITING, LetterState.QUEUED)


@console.get("/c/<slug>/publication")
@requires(Permission.EDIT)
def publication() -> Response:
    return publication_page()


@console.post("/c/<slug>/publication/publish")
@requires(Permission.EDIT)
def publish_campaign() -> WerkzeugResponse:
    """Publish the version of the draft that was shown."""
    form, by, now = PublishForm(id_prefix="publish-"), current_user().name, container.clock()
    shown, campaign_id = publishable_bundle(form.version.number), selected_campaign().campaign_id

    def change(session: Session) -> None:
        bundle = _still_the_draft(session, form, shown)
        if queries.get(session, campaign_id).published_version == form.version.number:
            return
        if not _needs_approval():
            publish(session, bundle, form.stated(by), now, campaign_id)
            return
        planned = PlannedPublication(form.version.number, now, needs_approval=True)
        scheduling.schedule_publication(session, campaign_id, planned, form.stated(by), bundle, now)

    return submit_on_page(form, change, "approval-asked" if _needs_approval() else "published")


@console.post("/c/<slug>/publication/schedule")
@requires(Permission.EDIT)
def schedule_publication() -> WerkzeugResponse:
    """Let the version that was shown be published at a time."""
    use_zone_of_draft()
    form, by, now = ScheduleForm(id_prefix="schedule-"), current_user().name, container.clock()
    shown, campaign_id = publishable_bundle(form.version.number), selected_campaign().campaign_id

    def change(session: Session) -> None:
        bundle = _still_the_draft(session, form, shown)
        planned = PlannedPublication(form.version.number, form.moment, _needs_approval())
        scheduling.schedule_publication(session, campaign_id, planned, form.stated(by), bundle, now)

    return submit_on_page(form, change, "approval-asked" if _needs_approval() else "scheduled")


def _needs_approval() -> bool:
    return container.settings.publishers > 1


@console.post("/c/<slug>/publication/approve")
@requires(Permission.EDIT)
def approve_publication() -> WerkzeugResponse:
    """Approve what somebody else wants published, at once or at its time."""
    form, by, now = ApproveForm(id_prefix="approve-"), current_user().name, container.clock()
    campaign_id = selected_campaign().campaign_id
    return submit_on_page(
        form,
        lambda session: scheduling.approve_publication(
            session, campaign_id, form.shown.data, by, container.bundle_context, now
        ),
        "approved",
    )


@console.post("/c/<slug>/publication/cancel")
@requires(Permission.EDIT)
def cancel_publication() -> WerkzeugResponse:
    form, by, now = ConsoleForm(), current_user().name, container.clock()
    campaign_id = selected_campaign().campaign_id
    return submit_on_page(
        form,
        lambda session: scheduling.cancel_publication(session, campaign_id, by, now),
        "schedule-cancelled",
    )


@console.post("/c/<slug>/publication/back")
@requires(Permission.EDIT)
def back_to_wording() -> WerkzeugResponse:
    """Make an earlier wording current again."""
    form, by, now = WordingForm(id_prefix="back-"), current_user().name, container.clock()
    campaign_id = selected_campaign().campaign_id

    def change(session: Session) -> None:
        known = container.reference.governments
        go_back(session, campaign_id, form.revision.number, known, by, now)

    return submit_on_page(form, change, "wording-back")


def _still_the_draft(session: Session, form: PublishForm, shown: Bundle | None) -> Bundle:
    """Return the bundle that was shown; raise NoLongerPossible if it is the draft no more.

    Nor does it take the place of a publication that somebody else has scheduled meanwhile.
    """
    row = queries.lock(session, selected_campaign().campaign_id)
    is_archived = bool(row.facts) and parse_facts(row.facts).archived_on is not None
    if row.draft_version != form.version.number or is_archived:
        raise NoLongerPossible("draft")
    if shown is None:
        raise NoLongerPossible("faults")
    if _fingerprint(schedule.of_campaign(session, row.id)) != form.planned.data:
        raise NoLongerPossible("schedule")
    return shown


def _fingerprint(scheduled: ScheduledPublicationRow | None) -> str:
    return scheduling.fingerprint(scheduled) if scheduled else ""


def submit_on_page(
    form: ConsoleForm, change: Callable[[Session], object], said: str
) -> WerkzeugResponse:
    """Make a form's change, and lead back to the page with a notice; see `submit_form`."""
    return submit_form(
        form,
        change,
        afterwards=url_for("console.publication", said=said),
        page=lambda: publication_page(form),
    )


def publication_page(submitted: ConsoleForm | None = None) -> Response:
    """Show what there is to publish and to do; `submitted`: the form that was refused."""
    use_zone_of_draft()
    chosen = selected_campaign()
    with container.database.reading() as session:
        row = queries.get(session, chosen.campaign_id)
        draft = load_draft(session, chosen.campaign_id)
        scheduled = schedule.of_campaign(session, chosen.campaign_id)
        shown = {
            **_of_draft(session, row, draft),
            **_of_published(session, row, scheduled),
        }
    version, planned = str(draft.number), _fingerprint(scheduled)
    shown_then = {"version": version, "planned": planned}
    if submitted and submitted.conflict:
        # She was told to look again, and sees what is there now.
        for name, value in {**shown_then, "shown": planned}.items():
            if name in submitted:
                submitted[name].process_data(value)
    blocked = is_blocked(shown["preflight"])
    return step_page(
        "campaigns/console/publication.html",
        "publication",
        form=submitted,
        draft=draft,
        scheduled=scheduled,
        needs_approval=_needs_approval(),
        now=container.clock(),
        approve_form=form_on_page(submitted, ApproveForm, id_prefix="approve-", shown=planned),
        can_publish=not shown["is_published"] and shown["check"].bundle and not blocked,
        publish_form=form_on_page(submitted, PublishForm, id_prefix="publish-", **shown_then),
        schedule_form=form_on_page(submitted, ScheduleForm, id_prefix="schedule-", **shown_then),
        close_form=form_on_page(submitted, CloseForm, id_prefix="close-"),
        reopen_form=form_on_page(
            submitted, ReopenForm, id_prefix="reopen-", closes_on=_last_day(chosen.published)
        ),
        archive_form=form_on_page(submitted, LifecycleForm, id_prefix="archive-"),
        unarchive_form=form_on_page(submitted, LifecycleForm, id_prefix="unarchive-"),
        unpublish_form=form_on_page(submitted, LifecycleForm, id_prefix="unpublish-"),
        delete_form=form_on_page(submitted, DeleteForm, id_prefix="delete-"),
        address_form=form_on_page(submitted, AddressForm, id_prefix="address-"),
        **shown,
    )


def _last_day(published: LoadedCampaign | None) -> date | None:
    """Return the day on which a campaign that is opened again closes, if it is still to come."""
    closes_on = published.campaign.facts.closes_on if published else None
    return closes_on if closes_on and closes_on >= container.clock().date() else None


def _of_draft(session: Session, row: CampaignRow, draft: Draft) -> dict[str, Any]:
    folder, check = row.folder_version, check_draft(session, draft)
    changes = _changes(session, row, draft)
    ancestors = bundle_versions.ancestors(session, row.id, draft.number)
    return {
        "check": check,
        "preflight": preflight(session, draft, check.bundle.campaign) if check.bundle else [],
        "faults": [explained(fault, draft) for fault in check.faults],
        "warnings": [explained(warning, draft) for warning in check.warnings],
        "is_published": row.published_version is not None and not changes,
        "changes": changes,
        "published_version": row.published_version,
        # What the folder on the server has and nobody took: shown, never overwritten.
        "folder_version": folder if folder and folder not in ancestors else None,
        "published_elsewhere": row.published_version is not None
        and row.published_version not in ancestors,
    }


def _changes(session: Session, row: CampaignRow, draft: Draft) -> str:
    """Return what differs from what is published, in a line."""
    if row.published_version is None:
        return ""
    before = bundle_versions.files(session, row.id, row.published_version)
    return summarise(changes_between(before, draft.texts))


def _of_published(
    session: Session, row: CampaignRow, scheduled: ScheduledPublicationRow | None
) -> dict[str, Any]:
    chosen = selected_campaign()
    facts = chosen.published.campaign.facts if chosen.published else None
    today = container.clock().date()
    state = campaign_state(facts, today, scheduled=scheduled is not None)
    if facts is None:
        return {"state": state, "states": CampaignState, "facts": None, "wordings": []}
    letters = letter_lists.count_by_state(session, row.id)
    return {
        "state": state,
        "states": CampaignState,
        "facts": facts,
        "page_url": container.links.absolute_url(url_for("public.campaigns", lang=row.slug)),
        "confirmed": counts.total(session, row.id),
        "is_signed": has_signatures(session, row.id),
        "unsent": sum(number for (_, one), number in letters.items() if one in UNSENT),
        "wordings": _earlier_wordings(queries.published_revisions(session, row.id)),
    }


def _earlier_wordings(revisions: Sequence[RevisionRow]) -> list[tuple[RevisionRow, ConsoleForm]]:
    """Return what was published before, the newest first, each with the form that goes back."""
    return [
        (one, WordingForm(formdata=None, id_prefix=f"back-{one.id}-", revision=str(one.id)))
        for one in reversed(revisions)
        if not one.current
    ]
