"""What all forms of pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.widgets import ListWidget, RadioInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Choices = Iterable[tuple[str, str]]

_YES = frozenset({"y", "yes", "true", "on", "1"})
"""What our own checkboxes send, and what browsers and programs send for a checked one.

A list of what means yes, not of what means no: an unknown word is no consent (GDPR, Article 4(11),
requires one that is unambiguous).
"""


def is_consent(said: list[str]) -> bool:
    """Return whether a checkbox's values say yes; one that is sent with both says no."""
    return bool(said) and all(one.strip().lower() in _YES for one in said)


class ConsentField(BooleanField):
    """A checkbox that is ticked by an unambiguous yes only."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = is_consent(valuelist)


class TextField(StringField):
    """Text. `data` is what was typed, and empty if nothing was sent."""

    data: str

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("default", "")
        super().__init__(label, **kwargs)

    @property
    def stripped(self) -> str:
        return self.data.strip()


class ChoiceField(SelectField):
    """A list to choose from.

    `choices`: (value, what is shown) pairs, or a function that returns them. `invalid`: what to say
    about a value that is not among them. `data` is empty if nothing was sent.
    """

    data: str

    def __init__(
        self,
        label: str = "",
        *,
        choices: Choices | Callable[[], Choices] = (),
        invalid: str = "Choose one of these.",
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **{"default": "", **kwargs, "invalid_choice_message": invalid})
        self.offer(choices)

    def offer(self, choices: Choices | Callable[[], Choices]) -> None:
        """Set what there is to choose from."""
        pairs = list(choices() if callable(choices) else choices)
        self._texts = dict(pairs)
        self.choices = [SelectChoice(value, text) for value, text in pairs]

    def text_of(self, value: str) -> str:
        """Return what is shown for a value; the value itself, if it is not among them."""
        return self._texts.get(value, value)


class RadiosField(ChoiceField):
    """A few things to choose from, all of them shown."""

    widget = ListWidget(prefix_label=False)
    option_widget = RadioInput()


class PageForm(FlaskForm):
    """A form of a page. It reads what was typed as text; the use cases' rules check it.

    Without a CSRF token: whoever sends it needs no cookie, but the secret in the page's URL.
    """

    class Meta:
        csrf = False

    id_prefix = ""

    def __init__(self, *, id_prefix: str = "", **kwargs: Any) -> None:
        # Otherwise FlaskForm would take a file, or a value of JSON, for what was typed in a field.
        sent = {"formdata": request.form if request.method == "POST" else None}
        super().__init__(**sent | kwargs)  # type: ignore[no-untyped-call]
        self.set_id_prefix(id_prefix)

    def set_id_prefix(self, prefix: str) -> None:
        """Put a prefix before each field's id: a page may have several forms with a `reason`."""
        self.id_prefix = prefix
        for field in self:
            field.id = field.label.field_id = prefix + field.name

    def add_error(self, name: str, message: str) -> None:
        """Show a message at a field."""
        field = self[name]
        field.errors = [*field.errors, message]

    def error_list(self) -> Iterator[tuple[str, str]]:
        """Yield (id of the field, message) pairs for the summary above the form."""
        return ((field.id, str(field.errors[0])) for field in self if field.errors)
