"""What the console's forms share: their token, fields, and the way from what is typed to a change.

A view makes its form and hands it to `submit_form`, with what it changes and the page that shows
it again.
"""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from flask import redirect
from wtforms import DateField, DateTimeLocalField, IntegerField, TimeField
from wtforms.csrf.core import CSRF
from wtforms.widgets import HiddenInput, TextInput

from campaign.console.selected_campaign import selected_time_zone
from campaign.console.session import CSRF_FIELD, csrf_token, form_transaction
from campaign.errors import CampaignError, InvalidFields, InvalidText, NoLongerPossible
from campaign.organisers.rules.audit_log import MAX_REASON
from campaign.web.context import container
from campaign.web.forms import PageForm, TextField

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse
    from wtforms import Field

    FormT = TypeVar("FormT", bound="ConsoleForm")
    ResultT = TypeVar("ResultT")

BAD_TEXT = "This contains characters that cannot be stored."
CHANGED_MEANWHILE = (
    "This has changed since you opened the page. Nothing was done. The current state is below."
)

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class ReasonField(TextField):
    """Why something is done, in one line. The use case checks it, as commands do.

    `needed`: what to say if it is empty; `longest`: how many characters the use case takes.
    """

    def __init__(
        self,
        label: str = "Why?",
        *,
        needed: str = "Give a reason in one line. It is kept in the log.",
        longest: int = MAX_REASON,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self._messages = {
            "no-reason": needed,
            "too-long": f"This is longer than {longest:,} characters.",
            "names-a-person": "Leave out names and addresses. The log keeps this permanently.",
        }

    def message(self, reason: str) -> str:
        """Return the message for InvalidText's reason."""
        return self._messages.get(reason, BAD_TEXT)


class MomentField(DateTimeLocalField):
    """A time in the selected campaign's zone; its text may have a space or a T, and seconds."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = _moment(text) if text else None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        # With seconds only if they are not zero, as browsers do.
        if not self.data:
            return ""
        shown = self.data.astimezone(selected_time_zone()).replace(tzinfo=None)
        return shown.isoformat().removesuffix(":00")


class DayField(DateField):
    """A day, or none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        try:
            self.data = date.fromisoformat(text) if text else None
        except ValueError as error:
            raise ValueError("Enter a date such as 2026-11-24.") from error


class NumberField(IntegerField):
    """A whole number, or none. `invalid`: what to say about anything else."""

    # A number field of a browser changes with the mouse's wheel.
    widget = TextInput()

    def __init__(
        self, label: str = "", *, least: int = 0, most: int, invalid: str, **kwargs: Any
    ) -> None:
        super().__init__(label, **kwargs)
        self._allowed, self._longest, self._invalid = (
            range(least, most + 1),
            len(str(most)),
            invalid,
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = self._number(text) if text else None

    def _number(self, text: str) -> int:
        is_number = text.isascii() and text.isdigit() and len(text) <= self._longest
        if not is_number or int(text) not in self._allowed:
            raise ValueError(self._invalid)
        return int(text)


class ShownCountField(IntegerField):
    """How many there were when the page was shown, which the form carries unseen.

    -1, which fits no number, if what was sent is none.
    """

    data: int
    widget = HiddenInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0] if valuelist else ""
        self.data = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1

    def _value(self) -> str:
        return str(self.data)


class TimeOfDayField(TimeField):
    """A time like 08:30, or none."""

    # A time field of a browser has twelve hours where its owner's language has.
    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        if text and not _TIME.fullmatch(text):
            raise ValueError("Enter a time like 08:30.")
        self.data = time.fromisoformat(text) if text else None


def _moment(text: str) -> datetime:
    message = "Enter a time like 2026-11-24 08:30."
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(message) from error
    if moment.tzinfo is not None or moment.year in {MINYEAR, MAXYEAR}:
        # In UTC it may be a moment before the first year, or after the last.
        raise ValueError(message)
    return moment.replace(tzinfo=selected_time_zone()).astimezone(UTC)


class ConsoleCsrf(CSRF):
    """The token that the console's session makes: the form's id, signed for one organiser.

    `campaign.console.access` has checked it before the view, for every form at once.
    """

    def generate_csrf_token(self, _csrf_token_field: Field) -> str:
        return csrf_token()

    def validate_csrf_token(self, _form: Any, _field: Field) -> None:
        pass


class ConsoleForm(PageForm):
    """A form of the console; by itself, one with a button only."""

    class Meta:
        csrf = True
        csrf_class = ConsoleCsrf
        csrf_field_name = CSRF_FIELD

    messages: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """InvalidText's reasons: the field that is wrong, and what to say there."""

    conflicts: ClassVar[Mapping[type[CampaignError], str]] = {NoLongerPossible: CHANGED_MEANWHILE}
    """Errors that no field is to blame for, and what to say."""

    conflict: str = ""

    @property
    def status(self) -> int:
        """Return the HTTP status of the page that shows this form."""
        if self.conflict:
            return HTTPStatus.CONFLICT
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.errors else HTTPStatus.OK

    def refuse(self, error: InvalidText | InvalidFields) -> None:
        """Show a use case's error at the field it is about: the reason, if no other is known.

        A form whose use case raises InvalidFields says itself what each reason means.
        """
        assert isinstance(error, InvalidText)
        if error.reason in self.messages:
            self.add_error(*self.messages[error.reason])
            return
        reason = self["reason"]
        assert isinstance(reason, ReasonField)
        self.add_error("reason", reason.message(error.reason))

    def set_conflict(self, error: CampaignError) -> None:
        self.conflict = next(
            text for kind, text in self.conflicts.items() if isinstance(error, kind)
        )


def submit_form(
    form: ConsoleForm,
    change: Callable[[Session], ResultT],
    *,
    afterwards: str,
    page: Callable[[], Response],
    done: Callable[[ResultT], WerkzeugResponse] | None = None,
    again: bool = False,
) -> WerkzeugResponse:
    """Make a form's change once, and redirect; if it cannot be made, return the page again.

    `done`: makes another response than a redirect of what the change returns. `again`: a form that
    was sent before is processed as well, since its change says itself what it was made from; a
    browser that goes back shows such a form.
    """
    if not form.validate():
        return page()
    try:
        with container.database.writing() if again else form_transaction(afterwards) as session:
            result = change(session)
    except tuple(form.conflicts) as error:
        form.set_conflict(error)
        return page()
    except (InvalidText, InvalidFields) as error:
        form.refuse(error)
        return page()
    return done(result) if done else redirect(afterwards, 303)


def form_on_page(submitted: ConsoleForm | None, kind: type[FormT], **values: Any) -> FormT:
    """Return one of a page's forms: a new one with these values, or the submitted one in its place.

    Two forms of a kind on one page are told apart by their `id_prefix`.
    """
    new = kind(formdata=None, **values)
    if isinstance(submitted, kind) and submitted.id_prefix == new.id_prefix:
        return submitted
    return new
