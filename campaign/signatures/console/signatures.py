"""Signatures: list them by how they came in, find them by id, release held ones."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

from flask import redirect, request, url_for

from campaign.campaigns.queries import campaigns as queries
from campaign.console.access import console, requires
from campaign.console.forms import submit_form
from campaign.console.listing import CURSOR, PAGE_SIZE, list_page
from campaign.console.pages import console_page
from campaign.console.selected_campaign import my_campaigns, published_campaigns, selected_campaign
from campaign.console.session import current_user
from campaign.errors import InvalidText, NoLongerPossible
from campaign.moderation import bulk_changes, hold
from campaign.moderation.forms import ReleaseForm
from campaign.moderation.rules import HELD_ONLY_KINDS
from campaign.organisers.rules.roles import Permission
from campaign.signatures import search
from campaign.signatures.console.signature import get_signature_or_404
from campaign.signatures.console.table import table_context
from campaign.signatures.forms import (
    PersonSearchForm,
    RuleFilter,
    SignatureFilter,
    SignatureIdForm,
)
from campaign.signatures.queries import signatures as store
from campaign.signatures.queries.search import PageCursor
from campaign.signatures.search import ListCriteria
from campaign.store.ids import uuid_or_none
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.signatures.rows import SignatureRow
    from campaign.signatures.rules.criteria import SignatureCriteria


@console.get("/c/<slug>/signatures")
@requires(Permission.EDIT)
def signatures() -> WerkzeugResponse:
    filters, by_id = SignatureFilter(), SignatureIdForm()
    filters.validate()
    if by_id.id.stripped:
        if known := _url_of(by_id.id.stripped):
            return redirect(known)
        by_id.add_error("id", "There is no signature with this ID.")
    return _page(filters, by_id, ReleaseForm(formdata=None))


@console.post("/c/<slug>/signatures/release")
@requires(Permission.EDIT)
def release_signatures() -> WerkzeugResponse:
    """Release the signatures that were selected in the list."""
    filters, form = SignatureFilter(), ReleaseForm()

    def page() -> Response:
        return _page(filters, SignatureIdForm(), form)

    if not filters.validate():
        return page()
    return submit_form(
        form,
        lambda session: _release(session, form),
        afterwards=filters.url(said="signature-release"),
        page=page,
    )


def _release(session: Session, form: ReleaseForm) -> None:
    for one in form.ids.data:
        get_signature_or_404(session, one)
    ids, live, now = form.ids.data, container.settings.live, container.clock()
    if not hold.release(session, container.keyring, ids, form.cause, live=live, now=now):
        raise NoLongerPossible("not held")


def _page(filters: SignatureFilter, by_id: SignatureIdForm, form: ReleaseForm) -> Response:
    campaign_id, keyring, rule = (
        selected_campaign().campaign_id,
        container.keyring,
        filters.criteria,
    )
    with container.database.reading() as session:
        digests = queries.revision_digests(session, campaign_id)
        revision_id = {one: key for key, one in digests.items()}.get(filters.revision.data)
        sought = ListCriteria(rule, filters.wanted_state, revision_id)
        rows = search.listing(
            session, keyring, campaign_id, sought, PAGE_SIZE + 1, _cursor(session)
        )
        bulk_counts = _bulk_counts(session, campaign_id, rule)
        match_count = search.count(session, keyring, campaign_id, sought)
    filters.revision.offer([("", "any"), *((one, one[:12]) for one in digests.values())])
    listed = list_page(rows, filters)
    return console_page(
        "signatures/list.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if filters.errors or by_id.errors else form.status,
        filters=filters,
        by_id=by_id,
        person_form=PersonSearchForm(formdata=None),
        form=form,
        digests=digests,
        listed=listed,
        match_count=match_count,
        max_counted=search.MAX_COUNTED,
        bulk_counts=bulk_counts,
        rule=RuleFilter(),
        **table_context(listed.rows),
    )


def _bulk_counts(session: Session, campaign_id: int, rule: SignatureCriteria) -> dict[str, int]:
    """Return how many signatures each change by this rule would affect; only for held ones."""
    if not rule.held_only:
        return {}
    wanted = session, container.keyring, campaign_id
    return {
        kind.value: bulk_changes.count_matching(*wanted, kind, rule, container.clock())
        for kind in HELD_ONLY_KINDS
    }


def _url_of(text: str) -> str | None:
    """Return the URL of the page of the signature with this id, in whichever of her campaigns."""
    wanted = uuid_or_none(text)
    with container.database.reading() as session:
        row = store.find(session, wanted) if wanted else None
    if row is None:
        return None
    slug = next((one.slug for one in my_campaigns() if one.campaign_id == row.campaign_id), None)
    return url_for("console.signature", slug=slug, signature_id=row.id) if slug else None


def _cursor(session: Session) -> PageCursor | None:
    """Return where the list goes on: after the signature that the URL names."""
    last = request.args.get(CURSOR, type=UUID)
    row = store.find(session, last) if last else None
    return PageCursor(row.created_at, row.id) if row else None


@console.post("/c/<slug>/signatures/find")
@requires(Permission.VIEW_NAMES)
def find_signatures() -> Response:
    form = PersonSearchForm()
    with container.database.reading() as session:
        rows = _search_result(session, form)
    return console_page(
        "signatures/person_results.html",
        status=form.status,
        campaigns={one.campaign_id: one for one in published_campaigns()},
        person_form=form,
        limit=search.MAX_RESULTS,
        **table_context(rows),
    )


def _search_result(session: Session, form: PersonSearchForm) -> Sequence[SignatureRow]:
    if not form.validate():
        return []
    ids = [
        one.campaign_id
        for one in my_campaigns()
        if current_user().has_permission(Permission.VIEW_NAMES, one.campaign_id)
    ]
    if form.name.stripped:
        return search.by_name(session, container.keyring, form.name.stripped, ids)
    try:
        return search.by_email(session, container.keyring, form.email.stripped, ids)
    except InvalidText as error:
        form.refuse(error)
        return []
