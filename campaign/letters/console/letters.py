"""Letters: by state and recipient, and what an organiser decides about many at once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import redirect, request, url_for

from campaign.console.access import console, requires
from campaign.console.forms import form_on_page, submit_form
from campaign.console.listing import CURSOR, PAGE_SIZE, list_page
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user, form_transaction
from campaign.delivery import decide
from campaign.delivery.decide import DecisionKind
from campaign.delivery.queries import attempts, inbound, letter_lists
from campaign.delivery.queries.decisions import FAILED_STATES
from campaign.errors import NotFound
from campaign.exports import enqueue
from campaign.exports.console import find_job
from campaign.exports.forms import FormatForm
from campaign.letters.forms import LISTED_STATES, BulkDecisionForm, LetterFilterForm
from campaign.letters.queries import printable as paper
from campaign.letters.rules.letter import LETTER_STATE_LABELS, LetterState
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import Permission
from campaign.recipients.labels import recipient_label
from campaign.signatures.console.charts import stacked_bar
from campaign.signatures.console.table import open_persons
from campaign.signatures.queries import signatures
from campaign.web.context import container, web_services

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.delivery.queries.letter_lists import LetterFilter


@console.get("/c/<slug>/letters")
@requires(Permission.EDIT)
def letters() -> Response:
    return _page(LetterFilterForm())


@console.post("/c/<slug>/letters/decide")
@requires(Permission.EDIT)
def decide_letters() -> WerkzeugResponse:
    """Decide about all letters that match the filter, as many as were shown."""
    filters, form, now = LetterFilterForm(), BulkDecisionForm(), container.clock()
    wanted, decision, expected = filters.letter_filter, form.decision, form.expected.data
    if decision.kind not in _bulk(wanted):
        raise NotFound(decision.kind)
    return submit_form(
        form,
        lambda session: decide.decide_all(session, wanted, expected, decision, now),
        afterwards=url_for("console.letters", recipient=wanted.recipient, said="decided"),
        page=lambda: _page(filters, form),
    )


@console.post("/c/<slug>/exports/letters")
@requires(Permission.VIEW_NAMES, fresh=True)
def print_letters() -> WerkzeugResponse:
    """Let the worker print a recipient's oldest letters in a state into one file."""
    wanted = LetterFilterForm().letter_filter
    state, recipient = wanted.state, wanted.recipient
    if state is None or not recipient:
        raise NotFound("letters")
    loaded = selected_campaign().loaded
    entry = AuditEntry(current_user().name, AuditAction.LETTERS_PRINTED)
    afterwards = url_for("console.exports", said="asked", watching=1)
    with form_transaction(afterwards) as session:
        enqueue.enqueue_letters_pdf(session, loaded, recipient, state, entry, container.clock())
    return redirect(afterwards, 303)


@console.post("/c/<slug>/exports/<uuid:job_id>/posted")
@requires(Permission.VIEW_NAMES)
def mark_posted(job_id: UUID) -> WerkzeugResponse:
    """Record that printed letters were posted: they are no longer sent by e-mail."""
    now = container.clock()
    afterwards = url_for("console.exports", said="posted")
    with form_transaction(afterwards) as session:
        row = find_job(session, job_id)
        printed = {UUID(key): datetime.fromisoformat(at) for key, at in row.printed.items()}
        decide.mark_posted(session, current_user().name, row.recipient, printed, now)
    return redirect(afterwards, 303)


def _page(filters: LetterFilterForm, submitted: BulkDecisionForm | None = None) -> Response:
    wanted = filters.letter_filter
    with container.database.reading() as session:
        totals = _totals(session, wanted.campaign_id)
        messages = inbound.count_of_campaign(session, wanted.campaign_id)
        listed = _listed(session, filters, submitted)
    offices = ((key, recipient_label(key)) for key in totals["recipients"])
    filters.recipient.offer([("", "any"), *offices])
    return console_page(
        "letters/list.html",
        status=submitted.status if submitted else 200,
        submitted=submitted,
        letter_filter=wanted,
        filters=filters,
        messages=messages,
        export_form=FormatForm(formdata=None),
        **totals,
        **listed,
    )


def _totals(session: Session, campaign_id: int) -> dict[str, Any]:
    """Return what bar and table of sums are rendered with; its columns of zeros are left out."""
    cache = web_services.totals_cache
    counted = cache.letter_totals(session, campaign_id)
    totals = Counter[LetterState]()
    for (_, state), number in counted.by_state.items():
        totals[state] += number
    return {
        "states": [state for state in LISTED_STATES if totals[state]],
        "recipients": sorted({recipient for recipient, _ in counted.by_state}, key=recipient_label),
        "counts": counted.by_state,
        "totals": totals,
        "segments": stacked_bar(
            [
                (one.value, LETTER_STATE_LABELS[one], totals[one], _url_of_state(one))
                for one in LISTED_STATES
            ]
        ),
        "answered": counted.answered,
        "totals_are_cached": cache.ttl > 0,
    }


def _url_of_state(state: LetterState) -> str:
    return url_for("console.letters", state=state.value)


def _listed(
    session: Session, filters: LetterFilterForm, submitted: BulkDecisionForm | None
) -> dict[str, Any]:
    """Return what the list of letters is rendered with, and what can be done with all of them."""
    wanted, before = filters.letter_filter, request.args.get(CURSOR, type=UUID)
    listed = list_page(letter_lists.newest(session, wanted, PAGE_SIZE + 1, before), filters)
    signed = signatures.with_ids(session, (row.signature_id for row in listed.rows))
    match_count = letter_lists.count(session, wanted)
    decision_form = form_on_page(submitted, BulkDecisionForm)
    decision_form.expected.data = match_count
    return {
        "listed": listed,
        "match_count": match_count,
        "replies": {row.id: attempts.last_reply(session, row.id) for row in listed.rows},
        "persons": open_persons(signed) if _may_see_names() else None,
        "printable_count": _number_to_print(session, wanted),
        "decision_form": decision_form,
        "verdicts": _bulk(wanted),
        "limit": decide.MAX_AT_ONCE,
    }


def _number_to_print(session: Session, wanted: LetterFilter) -> int:
    """Return how many letters an owner could print: all of one state, to one recipient."""
    state, recipient = wanted.state, wanted.recipient
    narrowed = wanted.answered or wanted.doubtful
    if narrowed or not (_may_see_names() and recipient and state in paper.PRINTABLE):
        return 0
    return paper.count_printable(session, wanted.campaign_id, recipient, [state])


def _bulk(wanted: LetterFilter) -> list[DecisionKind]:
    """Return what can be decided about all matching letters at once."""
    if wanted.state is LetterState.UNCERTAIN:
        return [DecisionKind.RELEASE, DecisionKind.DROP]
    return [DecisionKind.RETRY] if wanted.state in FAILED_STATES else []


def _may_see_names() -> bool:
    return current_user().has_permission(Permission.VIEW_NAMES)
