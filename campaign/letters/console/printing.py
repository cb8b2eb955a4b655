"""Letters on paper: printed by the worker into one file, and marked when they are posted."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from flask import redirect, request, url_for

from campaign.campaigns.console import chosen_campaign
from campaign.console.guard import console, needs
from campaign.console.session import acting, me
from campaign.delivery import decide as deciding
from campaign.errors import NotFound
from campaign.exports import order as export_orders
from campaign.exports.console.exports import job_of_campaign
from campaign.letters.console.letters import which_letters
from campaign.organisers.rules.audit_log import Action, Entry
from campaign.organisers.rules.roles import Right
from campaign.web.context import current_site

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse


@console.post("/c/<slug>/exports/letters")
@needs(Right.NAMES, fresh=True)
def print_letters() -> WerkzeugResponse:
    """Let the worker print the oldest letters to a ministry in a state, into one file."""
    site, which = current_site(), which_letters(request.form)
    state, government = which.state, which.government
    if state is None or not government:
        raise NotFound("letters")
    shelved = chosen_campaign().shelved
    entry = Entry(me().name, Action.LETTERS_PRINTED)
    afterwards = url_for("console.exports_page", said="asked", watching=1)
    with acting(afterwards) as session:
        export_orders.ask_for_letters(session, shelved, government, state, entry, site.clock())
    return redirect(afterwards, 303)


@console.post("/c/<slug>/exports/<uuid:job_id>/posted")
@needs(Right.NAMES)
def mark_posted(job_id: UUID) -> WerkzeugResponse:
    """Note that printed letters were posted: they are not sent by e-mail any more."""
    now = current_site().clock()
    afterwards = url_for("console.exports_page", said="posted")
    with acting(afterwards) as session:
        row = job_of_campaign(session, job_id)
        printed = {UUID(key): datetime.fromisoformat(at) for key, at in row.printed.items()}
        deciding.mark_posted(session, me().name, row.government, printed, now)
    return redirect(afterwards, 303)
