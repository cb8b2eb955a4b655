"""What an organiser writes in a draft: each field is one value of one of its files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from wtforms.widgets import HiddenInput, TextArea

from campaign.campaigns.bundle import MAX_DEMANDS
from campaign.campaigns.drafts import Edit, differs
from campaign.campaigns.toml_reader import MAX_TEXT
from campaign.console.forms import BAD_TEXT, ConsoleForm
from campaign.errors import DraftConflict, InvalidFields, InvalidText
from campaign.language.text import clean_line, clean_paragraphs
from campaign.web.forms import TextField

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from campaign.campaigns.bundle_document import Path
    from campaign.campaigns.drafts import Draft

    FormT = TypeVar("FormT", bound="DraftForm")

MAX_PARAGRAPHS = 100

CONFLICT = (
    "Somebody else changed the same words while you were writing. Nothing of yours is lost: where "
    "both differ, theirs is shown below yours. Save again to keep what stands in the fields."
)


class ValueKind(StrEnum):
    """How a field's text is a value: a line, one paragraph, a list of them, or as it is."""

    LINE = "line"
    TEXT = "text"
    PARAGRAPHS = "paragraphs"
    PLAIN = "plain"


@dataclass(frozen=True)
class Place:
    """Where a field's value stands in a draft."""

    file: str
    path: Path
    kind: ValueKind = ValueKind.LINE
    default: object = None

    def value_in(self, draft: Draft) -> object:
        found = draft.document(self.file).get(self.path)
        return self.default if found is None else found


_MESSAGES = {
    "too-long": f"This is longer than {MAX_TEXT:,} characters.",
    "too-long-paragraph": f"A paragraph is longer than {MAX_TEXT:,} characters.",
    "too-many-paragraphs": f"These are more than {MAX_PARAGRAPHS} paragraphs.",
    "too-many-demands": f"A letter can have up to {MAX_DEMANDS} demands.",
}


def value_of(text: Any, kind: ValueKind) -> object:
    """Return the value that was typed, in the form to be stored; raise InvalidText if it is bad."""
    if kind is ValueKind.PLAIN:
        return text
    if kind is ValueKind.PARAGRAPHS:
        blocks = paragraphs(text)
        if len(blocks) > MAX_PARAGRAPHS:
            raise InvalidText("too-many-paragraphs")
        if any(len(block) > MAX_TEXT for block in blocks):
            raise InvalidText("too-long-paragraph")
        return blocks
    line = kind is ValueKind.LINE
    value = clean_line(text) if line else " ".join(clean_paragraphs(text).split("\n"))
    if len(value) > MAX_TEXT:
        raise InvalidText("too-long")
    return value


class BaseVersionField(TextField):
    """The version of the draft that a form was filled from."""

    widget = HiddenInput()

    @property
    def number(self) -> int:
        """Return the version's number; 0, which no version has, if what was sent is none."""
        text = self.data.strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0  # noqa: PLR2004


class DraftForm(ConsoleForm):
    """A form whose fields are values of a draft: `places` says of which.

    `theirs`: what somebody else wrote meanwhile, by field.
    """

    base = BaseVersionField()

    places: ClassVar[Mapping[str, Place]] = {}
    conflicts = {DraftConflict: CONFLICT}
    theirs: Mapping[str, str] = {}

    @property
    def edits(self) -> list[Edit]:
        """Return what was typed as edits; raise InvalidFields for what cannot be stored."""
        values, reasons = {}, {}
        for name, place in self.places.items():
            try:
                values[name] = value_of(self[name].data, place.kind)
            except InvalidText as error:
                reasons[name] = error.reason
        if reasons:
            raise InvalidFields(reasons)
        return [
            Edit(place.file, place.path, values[name], place.default)
            for name, place in self.places.items()
        ]

    def refuse(self, error: InvalidText | InvalidFields) -> None:
        assert isinstance(error, InvalidFields)
        for name, reason in error.reasons.items():
            self.add_error(name, _MESSAGES.get(reason, BAD_TEXT))

    def carry_into(self, fresh: DraftForm, before: Draft, error: DraftConflict) -> None:
        """Write what was changed here into a form of the draft as it is now.

        `before`: the version that this form was filled from.
        """
        fresh.conflict = CONFLICT
        for name, place in self.places.items():
            if not differs(value_of(self[name].data, place.kind), place.value_in(before)):
                continue
            if name in fresh.places:
                fresh[name].process_data(self[name].data)
            else:
                self.save_from_loss(fresh, name)
        by_place = {(place.file, place.path): name for name, place in fresh.places.items()}
        fresh.theirs = {
            by_place[place]: shown(value)
            for place, value in error.theirs.items()
            if place in by_place
        }

    def save_from_loss(self, fresh: DraftForm, name: str) -> None:
        """Put a text somewhere of which the field is gone meanwhile."""


def filled_form(kind: type[FormT], draft: Draft, **values: Any) -> FormT:
    """Return a form with the values that a draft has."""
    data = {
        name: _as_data(kind, name, value)
        for name, place in kind.places.items()
        if (value := place.value_in(draft)) is not None
    }
    return kind(formdata=None, base=str(draft.number), **{**data, **values})


def _as_data(kind: type[DraftForm], name: str, value: object) -> object:
    if kind.places[name].kind is ValueKind.PLAIN:
        return value
    return shown(value)


def shown(value: object) -> str:
    """Return a value as a field shows it; paragraphs with an empty line between them."""
    if isinstance(value, list):
        return "\n\n".join(str(one) for one in value)
    return "" if value is None else str(value)


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text: what an empty line separates."""
    blocks = clean_paragraphs(text).split("\n\n")
    return [" ".join(block.split("\n")).strip() for block in blocks if block.strip()]


class ParagraphField(TextField):
    widget = TextArea()


def texts_form_of(
    language: str, labels: Mapping[Path, str], lists: Iterable[Path]
) -> type[DraftForm]:
    """Return the form of a language's texts; `lists`: those that are lists of paragraphs."""
    listed = set(lists)
    places = {
        ".".join(path): Place(
            f"{language}.toml",
            path,
            ValueKind.PARAGRAPHS if path in listed else ValueKind.TEXT,
        )
        for path in labels
    }
    fields: dict[str, Any] = {
        ".".join(path): ParagraphField(label) for path, label in labels.items()
    }
    return type("TextsForm", (DraftForm,), {**fields, "places": places})


def text_paths(draft: Draft, language: str) -> Iterator[tuple[Path, object]]:
    """Yield where a language's file has a text, and the text or the list of paragraphs."""
    yield from _leaves((), draft.document(f"{language}.toml").get(()))


def _leaves(path: Path, value: object) -> Iterator[tuple[Path, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves((*path, key), inner)
    elif isinstance(value, str | list):
        yield path, value
