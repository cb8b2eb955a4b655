"""The form token: a signed token that carries the future signature's id.

It is what Flask-WTF calls the CSRF token, without a cookie. It distinguishes a double click from
two submissions, and is valid for a day, so that somebody who writes for an hour loses nothing.
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
        """Return a valid token unchanged through all steps of a signature, or a new one."""
        page = self._form.page
        submitted = csrf_token_field.data or ""
        try:
            self._form.form_id = read_form_token(submitted, page.loaded.uid, page.now)
        except ExpiredIdToken as error:
            # It keeps its id, so that the letter keeps its wording.
            return self._renewed(error.id)
        except TokenError:
            return self._renewed(uuid7(page.now))
        return submitted

    def _renewed(self, stamp_id: UUID) -> str:
        self._form.form_id, self._form.form_token_renewed = stamp_id, True
        return make_form_token(self._form.page, stamp_id)

    def validate_csrf_token(self, form: Any, field: CSRFTokenField) -> None:
        """Do nothing: the form reports a new token with its own message."""


def make_form_token(page: PageContext, stamp_id: UUID) -> str:
    expires = page.now + FORM_TOKEN_LIFETIME
    return container.tokens.make(Purpose.FORM, page.loaded.uid, stamp_id, expires)


def read_form_token(text: str, campaign_uid: str, now: Any) -> UUID:
    return container.tokens.read(Purpose.FORM, campaign_uid, text, now)
