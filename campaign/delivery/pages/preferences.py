"""Recipient preferences: how its staff wants letters, a pause, another address, or no more letters.

These pages belong to no campaign: what a recipient asks for holds for all letters of the site.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response

from campaign.delivery import preferences
from campaign.delivery.links import ALL_CAMPAIGNS
from campaign.errors import InvalidText, NotFound
from campaign.language.text import clean_line
from campaign.recipients.rules.wish import MAX_PAUSE_DAYS, MAX_PLACE, Preference, Wish
from campaign.store.tokens import Purpose
from campaign.web.context import container
from campaign.web.forms import ChoiceField, PageForm, TextField
from campaign.web.render import render_site_page

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.language.catalogue import Language
    from campaign.recipients.rows import RecipientRow

pages = Blueprint("recipient_preferences", __name__)


class PreferenceForm(PageForm):
    """A button for each preference, and what two of them need: days, and a place."""

    wish = ChoiceField(choices=[(one, one) for one in Preference])
    days = TextField()
    place = TextField()

    def check(self, language: Language) -> None:
        """Add messages for what is missing beside the button that was pressed."""
        days, place = self.days.stripped, self.typed_place
        if self.wish.data == Preference.PAUSE:
            number = days.isascii() and days.isdigit() and len(days) <= len(str(MAX_PAUSE_DAYS))
            if not (number and 1 <= int(days) <= MAX_PAUSE_DAYS):
                self.add_error("days", language.gettext("Enter a number of days from 1 to 90."))
        if self.wish.data == Preference.ADDRESS and (not place or "://" in place):
            self.add_error("place", language.gettext("Enter an address or an office."))
        if self.wish.data == Preference.ADDRESS and len(place) > MAX_PLACE:
            said = language.gettext("This is longer than %(number)s characters.")
            self.add_error("place", said % {"number": MAX_PLACE})

    @property
    def asked(self) -> Wish:
        wish = Preference(self.wish.data)
        days = int(self.days.stripped) if wish is Preference.PAUSE else None
        return Wish(wish, days, self.typed_place if wish is Preference.ADDRESS else "")

    @property
    def typed_place(self) -> str:
        """Return where letters belong, in one line; nothing if it cannot be written in a mail."""
        try:
            return clean_line(" ".join(self.place.stripped.split()))
        except InvalidText:
            return ""


@pages.get("/ministry/<lang>/clerk/<token>")
def show_preferences(lang: str, token: str) -> Response:
    """Show what staff can ask for.

    Anybody with the letter sees this page, so it changes nothing.
    """
    letter_id = _read(Purpose.RECIPIENT_PREFERENCES, lang, token)
    with container.database.reading() as session:
        row = preferences.recipient_of_letter(session, letter_id)
        form = PreferenceForm(formdata=None)
        return _page(lang, "delivery/preferences.html", row, token, form=form, requested=False)


@pages.post("/ministry/<lang>/clerk/<token>")
def request_preference(lang: str, token: str) -> Response:
    """Mail the recipient a link that carries out the request."""
    letter_id = _read(Purpose.RECIPIENT_PREFERENCES, lang, token)
    form = PreferenceForm()
    if not form.validate():
        raise NotFound(form.wish.data)
    form.check(container.languages[lang])
    with container.database.writing() as session:
        row = preferences.recipient_of_letter(session, letter_id)
        if not form.errors:
            preferences.request_preference(
                session,
                container.keyring,
                letter_id,
                form.asked,
                lang,
                live=container.settings.live,
                now=container.clock(),
            )
        shown = {"form": form, "requested": not form.errors}
        return _page(lang, "delivery/preferences.html", row, token, **shown)


@pages.get("/ministry/<lang>/<any(digest, objection):wish>/<token>")
def show_confirmation(lang: str, wish: str, token: str) -> Response:
    mail_id = _read(Purpose(wish), lang, token)
    with container.database.reading() as session:
        row = preferences.recipient_of_mail(session, mail_id, Preference(wish))
        asked = Wish(Preference(wish))
        return _page(lang, "delivery/preference_confirm.html", row, token, wish=asked, done=False)


@pages.post("/ministry/<lang>/<any(digest, objection):wish>/<token>")
def confirm_preference(lang: str, wish: str, token: str) -> Response:
    mail_id = _read(Purpose(wish), lang, token)
    with container.database.writing() as session:
        preferences.apply_preference(session, mail_id, Preference(wish), container.clock())
        row = preferences.recipient_of_mail(session, mail_id, Preference(wish))
        asked = Wish(Preference(wish))
        return _page(lang, "delivery/preference_confirm.html", row, token, wish=asked, done=True)


@pages.get("/ministry/<lang>/preference/<token>")
def show_wish(lang: str, token: str) -> Response:
    """Show a wish that has parts, and the button that applies it."""
    mail_id = _read(Purpose.PREFERENCE, lang, token)
    with container.database.reading() as session:
        row, wish = preferences.find_wish(session, container.keyring, mail_id)
        return _page(lang, "delivery/preference_confirm.html", row, token, wish=wish, done=False)


@pages.post("/ministry/<lang>/preference/<token>")
def confirm_wish(lang: str, token: str) -> Response:
    mail_id = _read(Purpose.PREFERENCE, lang, token)
    with container.database.writing() as session:
        preferences.apply_wish(session, mail_id, container.clock())
        row, wish = preferences.find_wish(session, container.keyring, mail_id)
        return _page(lang, "delivery/preference_confirm.html", row, token, wish=wish, done=True)


def _read(purpose: Purpose, lang: str, token: str) -> UUID:
    if lang not in container.languages:
        raise NotFound(lang)
    return container.tokens.read(purpose, ALL_CAMPAIGNS, token, container.clock())


def _page(lang: str, template: str, row: RecipientRow, token: str, **values: Any) -> Response:
    form: PreferenceForm | None = values.get("form")
    errors = list(form.error_list()) if form is not None else []
    return render_site_page(
        container.languages[lang],
        template,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else 200,
        row=row,
        token=token,
        errors=errors,
        **values,
    )
