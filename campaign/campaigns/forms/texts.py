"""The words of a language, translated beside what they translate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from campaign.campaigns.forms.draft import BaseVersionField, DraftForm, ParagraphField
from campaign.campaigns.forms.values import Place, ValueKind
from campaign.errors import DraftConflict, NoLongerPossible
from campaign.web.forms import ConsentField

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from campaign.campaigns.bundle_document import Path
    from campaign.campaigns.draft import Draft, Edit


class TextsForm(DraftForm):
    """All texts of a language.

    `outdated`: the names of fields whose text is older than what it translates. A tick beside one
    says that it is still right. `source_version`: the version whose texts are shown to translate
    from. Saving while she writes moves `base`, and leaves it.
    """

    source_version = BaseVersionField()

    outdated: ClassVar[Collection[str]] = ()

    @property
    def edits(self) -> list[Edit]:
        right = {self.places[name].path for name in self.outdated if self[_tick(name)].data}
        return [replace(edit, still_right=edit.path in right) for edit in self.typed_edits]

    def carry_into(self, fresh: DraftForm, before: Draft, error: DraftConflict) -> None:
        super().carry_into(fresh, before, error)
        for name in self.outdated:
            if _tick(name) in fresh:
                fresh[_tick(name)].data = self[_tick(name)].data

    @property
    def typed_edits(self) -> list[Edit]:
        seen = self.source_version.number
        return [replace(edit, source_version=seen) for edit in super().typed_edits]


class ReviewForm(DraftForm):
    """The button that says that a native speaker has read a language's words."""

    conflicts = {
        NoLongerPossible: "The words of this language have changed since you opened this page, or "
        "some are missing. Read them again before you say so."
    }


def _tick(name: str) -> str:
    """Return the name of the checkbox that says that a text is still right."""
    return f"{name}-still-right"


def texts_form_of(
    language: str, labels: Mapping[Path, str], lists: Iterable[Path], outdated: Iterable[Path]
) -> type[TextsForm]:
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
    older = [".".join(path) for path in outdated if path in labels]
    fields |= {_tick(name): ConsentField("Still right as it is") for name in older}
    return type("FormOfTexts", (TextsForm,), {**fields, "places": places, "outdated": older})
