"""The log: who did what when to what, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from campaign.console.guard import console, needs
from campaign.console.pages import console_page
from campaign.organisers.queries import audit_log as store
from campaign.organisers.queries.audit_log import Wanted
from campaign.organisers.rules.audit_log import Action
from campaign.organisers.rules.roles import Right
from campaign.web.context import current_site

if TYPE_CHECKING:
    from flask import Response

A_PAGE = 100
MAX_WORDS = 120
MOST_ID = 2**63 - 1


@console.get("/log")
@needs(Right.WORK)
def log() -> Response:
    # PostgreSQL has no NUL in a text and refuses the question.
    texts = {name: request.args.get(name, "") for name in ("words", "who", "about")}
    asked = {name: text.replace("\0", "")[:MAX_WORDS] for name, text in texts.items()}
    action = request.args.get("action", "")
    wanted = Wanted(**asked, action=action if action in set(Action) else "")
    before = min(max(request.args.get("before", MOST_ID, type=int), 0), MOST_ID)
    with current_site().database.reading() as session:
        rows = store.entries(session, wanted, A_PAGE + 1, before)
        who = store.people(session)
    return console_page(
        "log.html",
        rows=rows[:A_PAGE],
        wanted=wanted,
        actions=list(Action),
        people=who,
        following=rows[A_PAGE - 1].id if len(rows) > A_PAGE else None,
    )
