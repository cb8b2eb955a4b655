"""What happens to a campaign after it was published: closed, opened, archived, moved, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, url_for

from campaign.campaigns import lifecycle
from campaign.campaigns.console.publication import publication_page, submit_on_page
from campaign.campaigns.forms.publication import (
    AddressForm,
    CloseForm,
    DeleteForm,
    LifecycleForm,
    ReopenForm,
)
from campaign.campaigns.lifecycle import Act
from campaign.console.access import console, requires
from campaign.console.forms import submit_form
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.organisers.rules.audit_log import clean_by_and_reason
from campaign.organisers.rules.roles import Permission
from campaign.signatures.queries.signatures import has_signatures
from campaign.signing.queries import preview_counts
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse


@console.post("/c/<slug>/publication/close")
@requires(Permission.EDIT)
def close_campaign() -> WerkzeugResponse:
    form = CloseForm(id_prefix="close-")

    def change(session: Session) -> None:
        drops = form.letters.data == "drop"
        lifecycle.close(session, selected_campaign().campaign_id, _act(form), drops_letters=drops)

    return submit_on_page(form, change, "closed")


@console.post("/c/<slug>/publication/reopen")
@requires(Permission.EDIT)
def reopen_campaign() -> WerkzeugResponse:
    form = ReopenForm(id_prefix="reopen-")
    return submit_on_page(
        form,
        lambda session: lifecycle.reopen(
            session, selected_campaign().campaign_id, form.last_day, _act(form)
        ),
        "reopened",
    )


@console.post("/c/<slug>/publication/archive")
@requires(Permission.EDIT)
def archive_campaign() -> WerkzeugResponse:
    return _submit_act(lifecycle.archive, "archive-", "archived")


@console.post("/c/<slug>/publication/unarchive")
@requires(Permission.EDIT)
def unarchive_campaign() -> WerkzeugResponse:
    return _submit_act(lifecycle.take_out_of_archive, "unarchive-", "unarchived")


@console.post("/c/<slug>/publication/unpublish")
@requires(Permission.DELETE, fresh=True)
def unpublish_campaign() -> WerkzeugResponse:
    form = LifecycleForm(id_prefix="unpublish-")
    return submit_on_page(
        form,
        lambda session: lifecycle.unpublish(
            session, selected_campaign().campaign_id, _act(form), has_signatures
        ),
        "unpublished",
    )


@console.post("/c/<slug>/publication/address")
@requires(Permission.EDIT)
def change_address() -> WerkzeugResponse:
    form = AddressForm(id_prefix="address-")
    slug = form.slug.stripped
    return submit_form(
        form,
        lambda session: lifecycle.change_address(
            session, selected_campaign().campaign_id, slug, _act(form)
        ),
        afterwards=url_for("console.campaigns", said="address-changed"),
        page=lambda: publication_page(form),
        done=lambda _: redirect(
            url_for("console.publication", slug=slug, said="address-changed"), 303
        ),
    )


@console.post("/c/<slug>/publication/delete")
@requires(Permission.DELETE, fresh=True)
def delete_campaign() -> WerkzeugResponse:
    """Delete a campaign of which nothing is published."""
    form, campaign_id = DeleteForm(id_prefix="delete-"), selected_campaign().campaign_id

    def change(session: Session) -> None:
        preview_counts.delete_of_campaign(session, campaign_id)
        lifecycle.delete_draft(session, campaign_id, _act(form))

    return submit_form(
        form,
        change,
        afterwards=url_for("console.campaigns", said="campaign-deleted"),
        page=lambda: publication_page(form),
    )


def _act(form: LifecycleForm) -> Act:
    by, reason = clean_by_and_reason(current_user().name, form.reason.data)
    return Act(by, container.clock(), reason)


def _submit_act(
    change: Callable[[Session, int, Act], None], id_prefix: str, said: str
) -> WerkzeugResponse:
    form = LifecycleForm(id_prefix=id_prefix)
    campaign_id = selected_campaign().campaign_id
    return submit_on_page(form, lambda session: change(session, campaign_id, _act(form)), said)
