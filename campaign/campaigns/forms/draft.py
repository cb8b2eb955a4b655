"""What an organiser writes in a draft: each field is one value of one of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms.widgets import HiddenInput, TextArea

from campaign.campaigns.bundle import MAX_DEMANDS
from campaign.campaigns.draft import Edit, differs
from campaign.campaigns.draft_merge import MergePiece, merge_paragraphs, merged_value
from campaign.campaigns.forms.values import (
    MAX_PARAGRAPHS,
    Place,
    ValueKind,
    shown,
    value_of,
)
from campaign.campaigns.toml_reader import MAX_TEXT
from campaign.console.forms import BAD_TEXT, ConsoleForm
from campaign.errors import DraftConflict, InvalidFields, InvalidText
from campaign.web.forms import ChoiceField, TextField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wtforms import Field

    from campaign.campaigns.bundle_document import Path
    from campaign.campaigns.draft import Draft

    FormT = TypeVar("FormT", bound="DraftForm")

CONFLICT = (
    "Somebody else changed the same things while you were writing. Nothing is lost: where you both "
    "changed something, choose below, then save."
)


CHANGED_BESIDE = (
    "Somebody else changed this page while you were writing. It is below as it is now, with what "
    "you wrote. Save again."
)


_MESSAGES = {
    "too-long": f"This is longer than {MAX_TEXT:,} characters.",
    "too-long-paragraph": f"A paragraph is longer than {MAX_TEXT:,} characters.",
    "too-many-paragraphs": f"This is more than {MAX_PARAGRAPHS} paragraphs.",
    "too-many-demands": f"A letter can have up to {MAX_DEMANDS} demands.",
}


LANGUAGE_REMOVED = (
    "Somebody else removed this language while you were writing. Its words are below as you had "
    "them: save to bring it back."
)


class ParagraphField(TextField):
    widget = TextArea()


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

    `theirs`: what somebody else chose meanwhile, by field. `pieces`: the pieces of a text that
    somebody else changed, too. They are sent as `text:0`, `text:1` and so on, and are one text.
    `lost`: what was typed for something that somebody removed, each text with its field's label.
    `brings_back`: a version of which a language is shown that the draft has no more.
    """

    base = BaseVersionField()
    brings_back = BaseVersionField()

    places: ClassVar[Mapping[str, Place]] = {}
    conflicts = {DraftConflict: CONFLICT}
    theirs: Mapping[str, str] = {}
    pieces: Mapping[str, Sequence[MergePiece]] = {}
    lost: Sequence[tuple[str, str]] = ()

    def __init__(self, **kwargs: Any) -> None:
        sent = {"formdata": _with_pieces_joined(request.form)} if request.method == "POST" else {}
        super().__init__(**sent | kwargs)

    @property
    def edits(self) -> list[Edit]:
        """Return what the form does to the draft; raise InvalidFields for what it cannot hold."""
        return self.typed_edits

    @property
    def typed_edits(self) -> list[Edit]:
        """Return what was typed as edits; raise InvalidFields for what cannot be stored."""
        values, reasons = {}, {}
        # A field that was not on her page, because somebody else added it since, is no edit.
        sent = {name: place for name, place in self.places.items() if self[name].raw_data}
        for name, place in sent.items():
            try:
                values[name] = value_of(self[name].data, place.kind)
            except InvalidText as error:
                reasons[name] = error.reason
        if reasons:
            raise InvalidFields(reasons)
        return [
            Edit(place.file, place.path, values[name], place.default)
            for name, place in sent.items()
        ]

    def refuse(self, error: InvalidText | InvalidFields) -> None:
        assert isinstance(error, InvalidFields)
        for name, reason in error.reasons.items():
            self.add_error(name, _MESSAGES.get(reason, BAD_TEXT))

    def carry_into(self, fresh: DraftForm, before: Draft, error: DraftConflict) -> None:
        """Write what was changed here into a form of the draft as it is now.

        `before`: the version that this form was filled from.
        """
        fresh.conflict = CONFLICT if error.theirs.keys() & fresh.paths else CHANGED_BESIDE
        if error.removed:
            fresh.conflict = LANGUAGE_REMOVED
        for name, place in self.places.items():
            was, mine = place.value_in(before), value_of(self[name].data, place.kind)
            if not differs(mine, was):
                continue
            if name in fresh.places:
                together = merged_value(was, mine, value_of(fresh[name].data, place.kind))
                fresh[name].process_data(self[name].data if together is None else shown(together))
            else:
                self.save_from_loss(fresh, name)
        by_place = {(place.file, place.path): name for name, place in fresh.places.items()}
        disputed = {
            by_place[place]: value
            for place, value in error.theirs.items()
            if place in by_place and place[0] not in error.removed
        }
        is_plain = {name: fresh.places[name].kind is ValueKind.PLAIN for name in disputed}
        fresh.theirs = {
            name: _as_chosen(fresh[name], disputed[name]) for name in disputed if is_plain[name]
        }
        fresh.pieces = {
            name: _pieces(place, place.value_in(before), fresh[name].data, disputed[name])
            for name, place in fresh.places.items()
            if name in disputed and not is_plain[name]
        }

    def differences_from(self, fresh: DraftForm) -> dict[str, str]:
        """Return the texts of a form of the draft as it is now that this one has otherwise."""
        return {
            name: str(fresh[name].data or "")
            for name, place in self.places.items()
            if self[name].raw_data
            and differs(
                value_of(self[name].data, place.kind), value_of(fresh[name].data, place.kind)
            )
        }

    @property
    def paths(self) -> set[tuple[str, Path]]:
        return {(place.file, place.path) for place in self.places.values()}

    def save_from_loss(self, fresh: DraftForm, name: str) -> None:
        """Show a text somewhere of which the field is gone meanwhile."""
        fresh.lost = [*fresh.lost, (self[name].label.text, str(self[name].data))]


def _as_chosen(field: Field, value: object) -> str:
    """Return a value as the field's choices call it, if it has any."""
    return field.text_of(shown(value)) if isinstance(field, ChoiceField) else shown(value)


def _pieces(place: Place, base: object, typed: str, theirs: object) -> Sequence[MergePiece]:
    """Return the pieces of a text that two people changed; without paragraphs it is one."""
    mine = value_of(typed, place.kind)
    if place.kind is not ValueKind.PARAGRAPHS:
        return [MergePiece([shown(mine)], [shown(theirs)])]
    texts = [value if isinstance(value, list) else [] for value in (base, mine, theirs)]
    return merge_paragraphs(*texts)


def _with_pieces_joined(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return what was sent, with a text that came in pieces as one.

    A piece is one of the words that two people chose, or what is written instead of both.
    """
    joined = MultiDict(sent)
    for first in [name for name in sent if name.endswith(":0")]:
        name, pieces = first.removesuffix(":0"), list[str]()
        while (piece := f"{name}:{len(pieces)}") in sent:
            pieces.append(sent.get(f"{piece}:else", "").strip() or sent[piece])
        joined[name] = "\n\n".join(one for one in pieces if one.strip())
    return joined


def filled_form(kind: type[FormT], draft: Draft, **values: Any) -> FormT:
    """Return a form with the values that a draft has."""
    version = str(draft.number)
    data = {
        name: _as_data(kind, name, value)
        for name, place in kind.places.items()
        if (value := place.value_in(draft)) is not None
    }
    return kind(formdata=None, base=version, source_version=version, **{**data, **values})


def _as_data(kind: type[DraftForm], name: str, value: object) -> object:
    if kind.places[name].kind is ValueKind.PLAIN:
        return value
    return shown(value)
