"""Form tokens, which show that a form came from one of the site's pages, and when.

They are what Flask-WTF calls the CSRF token, without a cookie, and are valid for a day, so that
somebody who writes for an hour loses nothing. The letter's page is the same for everybody, so its
token carries no id. The first POST draws the future signature's id, which the supporter's own token
carries from then on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wtforms.csrf.core import CSRF, CSRFTokenField

from campaign.errors import TokenError
from campaign.store.ids import uuid7
from campaign.store.tokens import ExpiredIdToken, Purpose
from campaign.web.context import container

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from campaign.signing.forms.sign import SignForm
    from campaign.web.context import PageContext

FORM_TOKEN_LIFETIME = timedelta(hours=24)


class FormTokenCsrf(CSRF):
    """A CSRF implementation that reads the token that came with a form, or makes a new one."""

    def setup_form(self, form: Any) -> Any:
        self._form: SignForm = form
        return super().setup_form(form)

    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:
        """Return the token for the next page: her own, or that of a page that nobody filled in."""
        form, submitted = self._form, csrf_token_field.data or ""
        page = form.page
        if form.is_empty:
            return make_shared_form_token(page)
        try:
            form.form_id = read_form_token(submitted, page.loaded.uid, page.now)
        except ExpiredIdToken as error:
            # It keeps its id, so that the letter keeps its wording.
            return self._renewed(error.id)
        except TokenError:
            return self._own_token(submitted)
        return submitted

    def _own_token(self, submitted: str) -> str:
        """Draw an id for a form that came from a page that everybody shares."""
        page = self._form.page
        try:
            made_at = _read_shared_form_token(submitted, page)
        except TokenError:
            return self._renewed(uuid7(page.now))
        # The id tells when the page was made, so that what programs fill in is noticed.
        if made_at + FORM_TOKEN_LIFETIME < page.now:
            return self._renewed(uuid7(made_at))
        self._form.shared_token, self._form.form_id = submitted, uuid7(made_at)
        return make_form_token(page, self._form.form_id)

    def _renewed(self, form_id: UUID) -> str:
        self._form.form_id, self._form.form_token_renewed = form_id, True
        return make_form_token(self._form.page, form_id)

    def validate_csrf_token(self, form: Any, field: CSRFTokenField) -> None:
        """Do nothing: the form reports a new token with its own message."""


def make_form_token(page: PageContext, form_id: UUID) -> str:
    expires = page.now + FORM_TOKEN_LIFETIME
    return container.tokens.make(Purpose.FORM, page.loaded.uid, form_id, expires)


def read_form_token(text: str, campaign_uid: str, now: datetime) -> UUID:
    return container.tokens.read(Purpose.FORM, campaign_uid, text, now)


def make_shared_form_token(page: PageContext) -> str:
    """Return the token of a page that is the same for everybody, made in this second."""
    expires = page.now + FORM_TOKEN_LIFETIME
    return container.tokens.make_shared(Purpose.SHARED_FORM, page.loaded.uid, expires)


def _read_shared_form_token(text: str, page: PageContext) -> datetime:
    """Return when the page of a shared token was made; raise TokenError if the site made none."""
    expires = container.tokens.read_shared(Purpose.SHARED_FORM, page.loaded.uid, text)
    return expires - FORM_TOKEN_LIFETIME
