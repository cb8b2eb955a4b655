"""Signatures: list them by how they came in, find them by id, release held ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import redirect, request, url_for

from campaign.campaigns import queries
from campaign.console.access import console, requires
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.selected_campaign import SelectedCampaign, all_campaigns, selected_campaign
from campaign.console.session import current_user, form_transaction
from campaign.errors import InvalidText, NoLongerPossible
from campaign.language.formats import territory_name
from campaign.moderation import bulk_changes, hold
from campaign.moderation.forms.reason import reason_error
from campaign.moderation.forms.rule import (
    NO_SOURCE,
    datetime_local_value,
    held_field_value,
    parse_criteria,
)
from campaign.moderation.rules import HELD_ONLY_KINDS
from campaign.organisers.rules.audit_log import Justification
from campaign.organisers.rules.roles import Permission
from campaign.signatures import search
from campaign.signatures.console.signature import get_signature_or_404
from campaign.signatures.console.table import table_context
from campaign.signatures.queries import signatures as store
from campaign.signatures.queries.search import PageCursor
from campaign.signatures.rules.signature import SignatureState
from campaign.signatures.search import ListCriteria
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.datastructures import MultiDict
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.signatures.rules.criteria import SignatureCriteria

PAGE_SIZE = 50


@dataclass(frozen=True)
class SignatureListQuery:
    """Which signatures a URL asks for; `errors`: messages by field."""

    rule: SignatureCriteria
    state: SignatureState | None
    revision: str
    errors: dict[str, str] = field(default_factory=dict)

    def url_params(self, **more: Any) -> dict[str, Any]:
        """Return the URL parameters that ask for the same list again."""
        rule = self.rule
        return {
            "state": self.state.value if self.state else None,
            "held": held_field_value(rule) or None,
            "government": rule.government or None,
            "source": NO_SOURCE if rule.source == "" else rule.source,
            "revision": self.revision or None,
            "created_from": datetime_local_value(rule.created_from) or None,
            "created_until": datetime_local_value(rule.created_until) or None,
            **more,
        }


@console.get("/c/<slug>/signatures")
@requires(Permission.EDIT)
def signatures() -> WerkzeugResponse:
    query = _read_query(request.args)
    with container.database.reading() as session:
        if wanted := request.args.get("id", "").strip():
            if (known := _by_id(session, wanted)) is not None:
                return redirect(known)
            query.errors["id"] = "There is no signature with this id."
        return _list_page(session, query)


@console.post("/c/<slug>/signatures/release")
@requires(Permission.EDIT)
def release_signatures() -> WerkzeugResponse:
    """Release the signatures that were selected in the list."""
    query = _read_query(request.form)
    ids = {one for one in map(_uuid, request.form.getlist("ids")) if one is not None}
    if not ids:
        query.errors["ids"] = "Select at least one signature."
    if query.errors:
        with container.database.reading() as session:
            return _list_page(session, query)
    afterwards = url_for("console.signatures", **query.url_params(said="signature-release"))
    cause = Justification(current_user().name, request.form.get("reason", ""))
    try:
        with form_transaction(afterwards) as session:
            for one in ids:
                get_signature_or_404(session, one)
            live, now = container.settings.live, container.clock()
            if not hold.release(session, container.keyring, ids, cause, live=live, now=now):
                raise NoLongerPossible("not held")
    except InvalidText as error:
        query.errors["reason"] = reason_error(error)
        with container.database.reading() as session:
            return _list_page(session, query)
    return redirect(afterwards, 303)


def _list_page(session: Session, query: SignatureListQuery) -> Response:
    campaign_id = selected_campaign().campaign_id
    digests = queries.revision_digests(session, campaign_id)
    revision_id = next((key for key, one in digests.items() if one == query.revision), None)
    sought = ListCriteria(query.rule, query.state, revision_id)
    place = _place(session, request.args.get("before", ""))
    rows = search.listing(session, container.keyring, campaign_id, sought, PAGE_SIZE + 1, place)
    next_cursor = rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None
    return console_page(
        "signatures/list.html",
        status=UNPROCESSABLE if query.errors else 200,
        query=query,
        states=list(SignatureState),
        governments=sorted(container.reference.ministries, key=_name),
        digests=digests,
        **table_context(rows[:PAGE_SIZE]),
        next_cursor=next_cursor,
        bulk_counts=_bulk_counts(session, campaign_id, query.rule),
        selected=set(request.form.getlist("ids")),
        submitted=request.values,
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


def _read_query(values: MultiDict[str, str]) -> SignatureListQuery:
    """Read what to list; an unknown state is ignored."""
    errors: dict[str, str] = {}
    state = values.get("state", "")
    return SignatureListQuery(
        parse_criteria(values, errors),
        SignatureState(state) if state in set(SignatureState) else None,
        values.get("revision", ""),
        errors,
    )


def _by_id(session: Session, text: str) -> str | None:
    """Return the URL of a signature's page, whichever campaign it belongs to."""
    wanted = _uuid(text)
    row = store.find(session, wanted) if wanted else None
    if row is None:
        return None
    slugs = {one.campaign_id: one.slug for one in all_campaigns()}
    return url_for("console.signature", slug=slugs[row.campaign_id], signature_id=row.id)


def _place(session: Session, text: str) -> PageCursor | None:
    """Return the cursor that continues a list after the signature with this id."""
    wanted = _uuid(text)
    row = store.find(session, wanted) if wanted else None
    return PageCursor(row.created_at, row.id) if row else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _name(government: str) -> str:
    return territory_name(government, "en")


@console.post("/c/<slug>/signatures/find")
@requires(Permission.VIEW_NAMES)
def find_signatures() -> Response:
    submitted = {one: request.form.get(one, "").strip() for one in ("email", "name")}
    rows: Sequence[SignatureRow] = []
    errors: dict[str, str] = {}
    with container.database.reading() as session:
        try:
            rows = _found(session, **submitted)
        except InvalidText:
            errors["email"] = "This is not an e-mail address."
        if bool(submitted["email"]) == bool(submitted["name"]):
            errors["email"] = "Type an e-mail address or a whole name, and not both."
    return console_page(
        "signatures/person_results.html",
        status=UNPROCESSABLE if errors else 200,
        campaigns={one.campaign_id: one for one in map(SelectedCampaign, all_campaigns())},
        errors=errors,
        submitted=submitted,
        limit=search.MAX_RESULTS,
        **table_context(rows),
    )


def _found(session: Session, email: str, name: str) -> Sequence[SignatureRow]:
    keyring = container.keyring
    if email:
        return search.by_email(session, keyring, email)
    return search.by_name(session, keyring, name) if name else []
