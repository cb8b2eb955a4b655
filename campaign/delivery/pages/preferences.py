"""Recipient preferences: a daily mail instead of single letters, or no more letters.

These pages belong to no campaign: what a recipient asks for holds for all letters of the site.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response

from campaign.delivery import preferences
from campaign.delivery.links import ALL_CAMPAIGNS
from campaign.delivery.preferences import Preference
from campaign.errors import NotFound
from campaign.store.tokens import Purpose
from campaign.web.context import container
from campaign.web.forms import ChoiceField, PageForm
from campaign.web.render import render_site_page

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.recipients.rows import RecipientRow

pages = Blueprint("recipient_preferences", __name__)


class PreferenceForm(PageForm):
    """One button for each preference."""

    wish = ChoiceField(choices=[(one, one) for one in Preference])


@pages.get("/ministry/<lang>/clerk/<token>")
def show_preferences(lang: str, token: str) -> Response:
    """Show what staff can ask for.

    Anybody with the letter sees this page, so it changes nothing.
    """
    letter_id = _read(Purpose.RECIPIENT_PREFERENCES, lang, token)
    with container.database.reading() as session:
        row = preferences.recipient_of_letter(session, letter_id)
        return _page(lang, "delivery/preferences.html", row, token, requested=False)


@pages.post("/ministry/<lang>/clerk/<token>")
def request_preference(lang: str, token: str) -> Response:
    """Mail the recipient a link that carries out the request."""
    letter_id = _read(Purpose.RECIPIENT_PREFERENCES, lang, token)
    form = PreferenceForm()
    if not form.validate():
        raise NotFound(form.wish.data)
    with container.database.writing() as session:
        preferences.request_preference(
            session,
            container.keyring,
            letter_id,
            Preference(form.wish.data),
            lang,
            live=container.settings.live,
            now=container.clock(),
        )
        row = preferences.recipient_of_letter(session, letter_id)
        return _page(lang, "delivery/preferences.html", row, token, requested=True)


@pages.get("/ministry/<lang>/<any(digest, objection):wish>/<token>")
def show_confirmation(lang: str, wish: str, token: str) -> Response:
    mail_id = _read(Purpose(wish), lang, token)
    with container.database.reading() as session:
        row = preferences.recipient_of_mail(session, mail_id, Preference(wish))
        return _page(lang, "delivery/preference_confirm.html", row, token, wish=wish, done=False)


@pages.post("/ministry/<lang>/<any(digest, objection):wish>/<token>")
def confirm_preference(lang: str, wish: str, token: str) -> Response:
    mail_id = _read(Purpose(wish), lang, token)
    with container.database.writing() as session:
        preferences.apply_preference(session, mail_id, Preference(wish), container.clock())
        row = preferences.recipient_of_mail(session, mail_id, Preference(wish))
        return _page(lang, "delivery/preference_confirm.html", row, token, wish=wish, done=True)


def _read(purpose: Purpose, lang: str, token: str) -> UUID:
    if lang not in container.languages:
        raise NotFound(lang)
    return container.tokens.read(purpose, ALL_CAMPAIGNS, token, container.clock())


def _page(lang: str, template: str, row: RecipientRow, token: str, **values: Any) -> Response:
    language = container.languages[lang]
    return render_site_page(language, template, row=row, token=token, **values)
