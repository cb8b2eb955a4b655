"""The further steps of a draft: its demands, and its languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from anyascii import anyascii

from campaign.campaigns.bundle import MAX_DEMANDS
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.draft import Edit
from campaign.campaigns.forms.creation import language_choices
from campaign.campaigns.forms.draft import DraftForm, ParagraphField
from campaign.campaigns.forms.values import Place, ValueKind, value_of
from campaign.console.forms import ConsoleForm
from campaign.errors import InvalidFields, InvalidText
from campaign.web.forms import ChoiceField, TextField

if TYPE_CHECKING:
    from campaign.campaigns.draft import Draft
    from campaign.errors import DraftConflict

NEW = "NEW"
"""In the names of fields, the key of the demand that is being added: no demand can have it."""


class DemandsForm(DraftForm):
    """All demands of a draft, and one to add; `act`: what its button does beside saving."""

    act = TextField()
    keys: ClassVar[list[str]] = []
    language: ClassVar[str] = ""
    languages: ClassVar[list[str]] = []
    rows: ClassVar[list[dict[str, str]]] = []

    def save_from_loss(self, fresh: DraftForm, name: str) -> None:
        """Offer a demand that somebody removed as one to add, if there is no other to add."""
        _, _, key = name.partition("-")
        gone = {part: self[f"{part}-{key}"].data for part in ("heading", "text")}
        offered = {part: fresh[f"{part}-{NEW}"].data or "" for part in gone}
        if any(offered.values()) and offered != gone:
            super().save_from_loss(fresh, name)
            return
        for part, text in gone.items():
            fresh[f"{part}-{NEW}"].data = text

    def carry_into(self, fresh: DraftForm, before: Draft, error: DraftConflict) -> None:
        for part in ("heading", "text"):
            fresh[f"{part}-{NEW}"].data = self[f"{part}-{NEW}"].data
        super().carry_into(fresh, before, error)

    @property
    def edits(self) -> list[Edit]:
        """Return the edits of texts, of the list itself, and of what goes with a demand."""
        rows = [{"key": key} for key in self.keys]
        edits = self.typed_edits
        added = self._added()
        if added:
            if len(rows) >= MAX_DEMANDS:
                raise InvalidFields({f"heading-{NEW}": "too-many-demands"})
            key = self._new_key(added[0])
            rows.append({"key": key, **self._kind()})
            edits += [
                Edit(f"{self.language}.toml", ("demands", key, name), text)
                for name, text in zip(("heading", "text"), added, strict=True)
            ]
        verb, _, key = self.act.data.partition(":")
        edits += self._changes_of_list(rows, verb, key)
        return edits

    def _added(self) -> tuple[str, str] | None:
        new = {f"heading-{NEW}": ValueKind.LINE, f"text-{NEW}": ValueKind.TEXT}
        values, reasons = [], {}
        for name, kind in new.items():
            try:
                values.append(str(value_of(self[name].data, kind)))
            except InvalidText as error:
                reasons[name] = error.reason
        if reasons:
            raise InvalidFields(reasons)
        heading, text = values
        return (heading, text) if heading or text else None

    def _kind(self) -> dict[str, str]:
        """Return the kind of the last demand, if demands are of kinds: a new one is of it, too."""
        return {"kind": self.rows[-1]["kind"]} if self.rows and "kind" in self.rows[-1] else {}

    def _new_key(self, heading: str) -> str:
        words = re.findall(r"[a-z0-9]+", anyascii(heading).lower())
        stem = "_".join(words)[:24].strip("_")
        stem = stem if stem[:1].isalpha() else f"demand_{stem}".strip("_")
        taken, key, number = set(self.keys), stem, 2
        while key in taken:
            key, number = f"{stem}_{number}", number + 1
        return key

    def _changes_of_list(self, rows: list[dict[str, str]], verb: str, key: str) -> list[Edit]:
        """Return the edit of the list if a demand moves, goes or came."""
        keys = [row["key"] for row in rows]
        gone: list[Edit] = []
        if key in keys:
            place = keys.index(key)
            if verb == "remove":
                keys.pop(place)
                gone = [
                    Edit(f"{language}.toml", path, None)
                    for language in self.languages
                    for path in (("demands", key), ("letter", "demands", key))
                ]
            elif verb in {"up", "down"}:
                other = max(place - 1, 0) if verb == "up" else min(place + 1, len(keys) - 1)
                keys[place], keys[other] = keys[other], keys[place]
        if keys == self.keys:
            return []
        known = {row["key"]: row for row in [*rows, *self.rows]}
        listed = [known[one] for one in keys]
        return [Edit(FACTS_FILE, ("demands",), listed), *gone]


def demands_form_of(draft: Draft) -> type[DemandsForm]:
    """Return the form of a draft's demands in its main language."""
    language, keys = draft.default_language, draft.demand_keys
    fields: dict[str, Any] = {}
    places = {}
    for key in [*keys, NEW]:
        fields[f"heading-{key}"] = TextField("Heading")
        fields[f"text-{key}"] = ParagraphField("In one sentence")
        if key != NEW:
            file = f"{language}.toml"
            places[f"heading-{key}"] = Place(file, ("demands", key, "heading"))
            places[f"text-{key}"] = Place(file, ("demands", key, "text"), ValueKind.TEXT)
    about = {
        "places": places,
        "keys": keys,
        "rows": draft.document(FACTS_FILE).get(("demands",)) or [],
        "language": language,
        "languages": draft.languages,
    }
    return type("FormOfDemands", (DemandsForm,), {**fields, **about})


class AddLanguageForm(DraftForm):
    language = ChoiceField("Language")

    def offer(self, draft: Draft) -> None:
        """Offer the languages that the draft does not have."""
        self.language.offer(language_choices(without=draft.languages))


class VersionForm(ConsoleForm):
    """A button about a version of the draft; the version stands in the URL."""
