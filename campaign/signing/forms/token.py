"""The form stamp: a signed token that carries the future signature's id.

It is what Flask-WTF calls the CSRF token, made without a cookie. It tells a double
click from two submissions and lives for a day, so that somebody who writes for an
hour loses nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wtforms.csrf.core import CSRF, CSRFTokenField

from campaign.errors import TokenError
from campaign.store.ids import uuid7
from campaign.store.tokens import ExpiredFor, Purpose
from campaign.web.context import current_site

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.signing.forms.sign import SignForm
    from campaign.web.context import Visit

STAMP_FOR = timedelta(hours=24)


class StampCsrf(CSRF):
    """Reads the stamp that came with a form, or makes a new one."""

    def setup_form(self, form: Any) -> Any:
        self._form: SignForm = form
        return super().setup_form(form)

    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:
        """Keep a good stamp over all steps of one signature; replace a bad one."""
        visit = self._form.visit
        submitted = csrf_token_field.data or ""
        try:
            self._form.stamp_id = read_stamp(submitted, visit.slug, visit.now)
        except ExpiredFor as error:
            # It keeps its id, so that the letter keeps its words.
            return self._renewed(error.id)
        except TokenError:
            return self._renewed(uuid7(visit.now))
        return submitted

    def _renewed(self, stamp_id: UUID) -> str:
        self._form.stamp_id, self._form.stamp_is_new = stamp_id, True
        return make_stamp(self._form.visit, stamp_id)

    def validate_csrf_token(self, form: Any, field: CSRFTokenField) -> None:
        """Nothing here: the form reports a new stamp in words of its own."""


def make_stamp(visit: Visit, stamp_id: UUID) -> str:
    expires = visit.now + STAMP_FOR
    return current_site().tokens.make(Purpose.STAMP, visit.slug, stamp_id, expires)


def read_stamp(text: str, slug: str, now: Any) -> UUID:
    return current_site().tokens.read(Purpose.STAMP, slug, text, now)
