"""Letters on paper: the worker prints them into one file, and they are marked when posted."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from flask import redirect, url_for

from campaign.console.access import console, requires
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user, form_transaction
from campaign.delivery import decide
from campaign.errors import NotFound
from campaign.exports import enqueue
from campaign.exports.console import find_job
from campaign.letters.forms import LetterFilterForm
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse


@console.post("/c/<slug>/exports/letters")
@requires(Permission.VIEW_NAMES, fresh=True)
def print_letters() -> WerkzeugResponse:
    """Let the worker print a ministry's oldest letters in a state into one file."""
    wanted = LetterFilterForm().letter_filter
    state, government = wanted.state, wanted.government
    if state is None or not government:
        raise NotFound("letters")
    loaded = selected_campaign().loaded
    entry = AuditEntry(current_user().name, AuditAction.LETTERS_PRINTED)
    afterwards = url_for("console.exports", said="asked", watching=1)
    with form_transaction(afterwards) as session:
        enqueue.enqueue_letters_pdf(session, loaded, government, state, entry, container.clock())
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
        decide.mark_posted(session, current_user().name, row.government, printed, now)
    return redirect(afterwards, 303)
