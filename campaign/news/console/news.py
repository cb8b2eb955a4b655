"""News to those who asked for it: view, test, send and stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for

from campaign.console.access import console, requires
from campaign.console.forms import ConsoleForm, submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.language.catalogue import sort_languages
from campaign.mail.outgoing import format_readable
from campaign.news import queries, send
from campaign.news.forms import SendForm, TryForm
from campaign.news.rules import NewsState, choose_language
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.news.rows import NewsRow

    Change = Callable[[Session, LoadedCampaign], object]

_SHOWN_HEADERS = ("From", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post")


@console.get("/c/<slug>/news")
@requires(Permission.EDIT)
def list_news() -> Response:
    chosen = selected_campaign()
    with container.database.reading() as session:
        rows = queries.list_of_campaign(session, chosen.campaign_id)
        subscribers = send.count_subscribers(session, chosen.loaded)
    return console_page(
        "news/list.html",
        rows=[(row, send.subject_of(chosen.loaded, row)) for row in rows],
        states=NewsState,
        subscribers_by_language=subscribers,
        auto_refresh=any(row.state is NewsState.SENDING for row in rows),
    )


@console.get("/c/<slug>/news/<uuid:news_id>")
@requires(Permission.EDIT)
def show_news(news_id: UUID) -> Response:
    return _mail_page(news_id)


@console.post("/c/<slug>/news/<uuid:news_id>/test")
@requires(Permission.EDIT)
def send_test_news(news_id: UUID) -> WerkzeugResponse:
    """Queue the mail in one language for the operator's own address."""
    form, now = TryForm(), container.clock()
    language = form.language.data
    return _submit(
        news_id,
        form,
        "news-test",
        lambda session, loaded: send.send_test(session, loaded, news_id, language, now),
    )


@console.post("/c/<slug>/news/<uuid:news_id>/send")
@requires(Permission.EDIT)
def send_news(news_id: UUID) -> WerkzeugResponse:
    """Send the mail that was shown, to about as many people as the page said."""
    form, by, now = SendForm(), current_user().name, container.clock()

    def change(session: Session, loaded: LoadedCampaign) -> None:
        send.require_unchanged(session, news_id, form.seen.data)
        send.start_sending(session, loaded, news_id, form.shown.data, by, now)

    return _submit(news_id, form, "news-started", change)


@console.post("/c/<slug>/news/<uuid:news_id>/stop")
@requires(Permission.EDIT)
def stop_news(news_id: UUID) -> WerkzeugResponse:
    by, now = current_user().name, container.clock()
    return _submit(
        news_id,
        ConsoleForm(),
        "news-stopped",
        lambda session, loaded: send.stop_sending(session, loaded, news_id, by, now),
    )


def get_news_of_campaign(session: Session, news_id: UUID) -> NewsRow:
    """Return a news mail of the campaign in the URL, or raise NotFound."""
    row = queries.get(session, news_id)
    selected_campaign().require_same_campaign(row.campaign_id)
    return row


def _submit(news_id: UUID, form: ConsoleForm, notice: str, change: Change) -> WerkzeugResponse:
    """Change a news mail; if it has changed since it was shown, show it as it is now."""

    def change_news_of_campaign(session: Session) -> None:
        get_news_of_campaign(session, news_id)
        change(session, selected_campaign().loaded)

    return submit_form(
        form,
        change_news_of_campaign,
        afterwards=url_for("console.show_news", news_id=news_id, said=notice),
        page=lambda: _mail_page(news_id, form),
    )


def _mail_page(news_id: UUID, submitted: ConsoleForm | None = None) -> Response:
    loaded = selected_campaign().loaded
    with container.database.reading() as session:
        row = get_news_of_campaign(session, news_id)
        subscribers = (
            send.count_subscribers(session, loaded) if row.state is NewsState.DRAFT else {}
        )
        previews = _previews(session, loaded, row)
        mails = queries.count_mails_by_state(session, news_id)
    default, people = loaded.campaign.facts.default_language, sum(subscribers.values())
    return console_page(
        "news/detail.html",
        status=submitted.status if submitted else 200,
        submitted=submitted,
        row=row,
        subject=send.subject_of(loaded, row),
        states=NewsState,
        previews=previews,
        subscribers_by_language=[
            (one, n, choose_language(row.texts, one, default)) for one, n in subscribers.items()
        ],
        people=people,
        send_form=SendForm(formdata=None, seen=send.version_token(row), shown=people),
        default=default,
        mails=mails,
        unfinished=mails.get(OutgoingState.QUEUED, 0) + mails.get(OutgoingState.CLAIMED, 0),
        auto_refresh=row.state is NewsState.SENDING,
    )


def _previews(
    session: Session, loaded: LoadedCampaign, row: NewsRow
) -> list[tuple[str, list[tuple[str, str]], str]]:
    """Return (language, headers, text) of the mail as it is sent, the default language first."""
    default = loaded.campaign.facts.default_language
    mailer, now = container.mailer, container.clock()
    shown = []
    for language in sorted(sort_languages(row.texts), key=lambda one: one != default):
        mail = send.preview(session, mailer, loaded, row.id, language, now)
        head, _, text = format_readable(mail.message).partition("\n\n")
        headers = dict(line.split(": ", 1) for line in head.splitlines())
        shown.append((language, [(name, headers[name]) for name in _SHOWN_HEADERS], text))
    return shown
