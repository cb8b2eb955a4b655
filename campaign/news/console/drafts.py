"""Write news, in each language of the campaign, and edit what is still a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import g, url_for

from campaign.console.access import console, requires
from campaign.console.forms import submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.errors import NoLongerPossible
from campaign.news import send
from campaign.news.console.news import get_news_of_campaign
from campaign.news.forms import DraftForm, draft_form_of
from campaign.news.rules import MAX_SUBJECT, MAX_TEXT, NewsState
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse


@console.get("/c/<slug>/news/write")
@requires(Permission.EDIT)
def new_news_draft() -> Response:
    return _draft_page(None)


@console.post("/c/<slug>/news/write")
@requires(Permission.EDIT)
def create_news_draft() -> WerkzeugResponse:
    """Store a new draft. Its id is the form's, so a second click makes no second draft."""
    loaded, news_id = selected_campaign().loaded, cast("UUID", g.form_id)
    form, by, now = draft_form_of(loaded)(), current_user().name, container.clock()
    return submit_form(
        form,
        lambda session: send.add_draft(session, loaded, news_id, form.texts, by, now),
        afterwards=url_for("console.show_news", news_id=news_id, said="news-draft"),
        page=lambda: _draft_page(None, form),
    )


@console.get("/c/<slug>/news/<uuid:news_id>/change")
@requires(Permission.EDIT)
def edit_news_draft(news_id: UUID) -> Response:
    return _draft_page(news_id)


@console.post("/c/<slug>/news/<uuid:news_id>/change")
@requires(Permission.EDIT)
def update_news_draft(news_id: UUID) -> WerkzeugResponse:
    """Store a draft as it was typed, unless somebody else has changed or sent it meanwhile."""
    loaded = selected_campaign().loaded
    form = draft_form_of(loaded)()

    def change(session: Session) -> None:
        send.require_unchanged(session, news_id, form.seen.data)
        get_news_of_campaign(session, news_id)
        send.change_draft(session, loaded, news_id, form.texts)

    return submit_form(
        form,
        change,
        afterwards=url_for("console.show_news", news_id=news_id, said="news-draft"),
        page=lambda: _draft_page(news_id, form),
    )


def _draft_page(news_id: UUID | None, submitted: DraftForm | None = None) -> Response:
    """Show the form: after an error with what was typed, after a conflict beside what is stored."""
    loaded = selected_campaign().loaded
    with container.database.reading() as session:
        row = get_news_of_campaign(session, news_id) if news_id else None
        subscribers = send.count_subscribers(session, loaded)
    is_sent = row is not None and row.state is not NewsState.DRAFT
    if is_sent and not (submitted and submitted.conflict):
        raise NoLongerPossible("sent")
    stored = row.texts if row else {}
    form = submitted or draft_form_of(loaded)(formdata=None, data=_fields(stored))
    form.seen.data = send.version_token(row) if row else ""
    return console_page(
        "news/edit.html",
        status=form.status,
        row=row,
        is_sent=is_sent,
        form=form,
        default=form.languages[0],
        subscribers_by_language=subscribers,
        stored=stored,
        max_lengths=(MAX_SUBJECT, MAX_TEXT),
    )


def _fields(stored: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {
        f"{field}-{language}": value
        for language, text in stored.items()
        for field, value in text.items()
    }
