"""Write news, in each language of the campaign, and edit what is still a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import g, redirect, request, url_for

from campaign.console.access import CONFLICT, console, requires
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user, form_transaction
from campaign.errors import InvalidFields, NoLongerPossible
from campaign.language.catalogue import sort_languages
from campaign.language.formats import native_name
from campaign.news import send
from campaign.news.console.news import get_news_of_campaign
from campaign.news.rules import MAX_SUBJECT, MAX_TEXT, NewsState, NewsText
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.cache import LoadedCampaign

_FAULTS = {
    "no-subject": "there is no subject.",
    "no-text": "there is no text.",
    "too-many-marks": "it has too many accents on one letter.",
    "encoded-word": "it has =? in it, which mail programs misread.",
}
_TOO_LONG = {
    "subject": f"the subject is longer than {MAX_SUBJECT} characters.",
    "text": f"the text is longer than {MAX_TEXT:,} characters.",
}


@console.get("/c/<slug>/news/write")
@requires(Permission.EDIT)
def new_news_draft() -> Response:
    return _draft_page(None)


@console.post("/c/<slug>/news/write")
@requires(Permission.EDIT)
def create_news_draft() -> WerkzeugResponse:
    """Store a new draft. Its id is the form's, so a second click makes no second draft."""
    news_id = cast("UUID", g.form_id)
    afterwards = url_for("console.show_news", news_id=news_id, said="news-draft")
    try:
        with form_transaction(afterwards) as session:
            loaded = selected_campaign().loaded
            texts = _submitted_texts(loaded)
            send.add_draft(session, loaded, news_id, texts, current_user().name, container.clock())
    except InvalidFields as error:
        return _draft_page(None, reasons=error.reasons)
    return redirect(afterwards, 303)


@console.get("/c/<slug>/news/<uuid:news_id>/change")
@requires(Permission.EDIT)
def edit_news_draft(news_id: UUID) -> Response:
    return _draft_page(news_id)


@console.post("/c/<slug>/news/<uuid:news_id>/change")
@requires(Permission.EDIT)
def update_news_draft(news_id: UUID) -> WerkzeugResponse:
    """Store a draft as it was typed, unless somebody else has changed or sent it meanwhile."""
    afterwards = url_for("console.show_news", news_id=news_id, said="news-draft")
    try:
        with form_transaction(afterwards) as session:
            send.require_unchanged(session, news_id, request.form.get("seen", ""))
            get_news_of_campaign(session, news_id)
            loaded = selected_campaign().loaded
            send.change_draft(session, loaded, news_id, _submitted_texts(loaded))
    except NoLongerPossible:
        return _draft_page(news_id, conflict=True)
    except InvalidFields as error:
        return _draft_page(news_id, reasons=error.reasons)
    return redirect(afterwards, 303)


def _draft_page(
    news_id: UUID | None, *, reasons: Mapping[str, str] | None = None, conflict: bool = False
) -> Response:
    """Show the form, after an error with what was typed.

    `conflict`: next to what is stored.
    """
    loaded = selected_campaign().loaded
    with container.database.reading() as session:
        row = get_news_of_campaign(session, news_id) if news_id else None
        subscribers = send.count_subscribers(session, loaded)
    is_sent = row is not None and row.state is not NewsState.DRAFT
    if is_sent and not conflict:
        raise NoLongerPossible("sent")
    default = loaded.campaign.facts.default_language
    stored = row.texts if row else {}
    return console_page(
        "news/edit.html",
        status=UNPROCESSABLE if reasons else CONFLICT if conflict else 200,
        row=row,
        is_sent=is_sent,
        version=send.version_token(row) if row else "",
        default=default,
        languages=_languages(loaded),
        subscribers_by_language=subscribers,
        stored=stored,
        submitted=request.form if request.method == "POST" else _fields(stored),
        errors={field: _sentence(field, reason) for field, reason in (reasons or {}).items()},
        conflict=conflict,
        max_lengths=(MAX_SUBJECT, MAX_TEXT),
    )


def _languages(loaded: LoadedCampaign) -> list[str]:
    """Return the campaign's languages, the required one first."""
    default = loaded.campaign.facts.default_language
    offered = sort_languages(loaded.campaign.revision.languages)
    return sorted(offered, key=lambda one: one != default)


def _submitted_texts(loaded: LoadedCampaign) -> dict[str, NewsText]:
    """Return what was typed; a language without subject and text is left out."""
    default = loaded.campaign.facts.default_language
    form = request.form
    texts = {
        language: NewsText(form.get(f"subject-{language}", ""), form.get(f"text-{language}", ""))
        for language in _languages(loaded)
    }
    return {
        language: text
        for language, text in texts.items()
        if language == default or text.subject.strip() or text.text.strip()
    }


def _fields(stored: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {
        f"{field}-{language}": value
        for language, text in stored.items()
        for field, value in text.items()
    }


def _sentence(field: str, reason: str) -> str:
    name, _, language = field.partition("-")
    text = _TOO_LONG[name] if reason == "too-long" else _FAULTS[reason]
    return f"{native_name(language)}: {text}"
