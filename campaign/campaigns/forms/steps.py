"""The further steps of a draft: its demands, whom its letters are for, and its languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from anyascii import anyascii

from campaign.campaigns.bundle import MAX_DEMANDS
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.draft import Edit
from campaign.campaigns.forms.creation import language_choices
from campaign.campaigns.forms.draft import CONFLICT, DraftForm, ParagraphField
from campaign.campaigns.forms.values import Place, ValueKind, value_of
from campaign.console.forms import ConsoleForm
from campaign.errors import InvalidFields, InvalidText
from campaign.recipients.rules.choice import Addressing, RecipientChoice
from campaign.recipients.rules.government import EUROPEAN_UNION
from campaign.web.context import container
from campaign.web.forms import ChoiceField, RadiosField, TextField

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


_NO_OFFICE = ("", "None")
ADDRESSING_NAMES = [
    (Addressing.ONE.value, "The first of them that can be written to"),
    (Addressing.SUPPORTER_CHOOSES.value, "The one that the supporter chooses"),
    (Addressing.EACH.value, "Each of them, with a letter of its own"),
]


def office_names() -> list[tuple[str, str]]:
    """Return all offices of the directory; one that a single recipient has is called as that is."""
    of_office: dict[str, list[str]] = {}
    for key in container.reference.recipients:
        of_office.setdefault(key.partition("/")[2], []).append(key)
    return sorted((office, _office_label(office, keys)) for office, keys in of_office.items())


def _office_label(office: str, keys: list[str]) -> str:
    names = container.reference.recipients[keys[0]].names if len(keys) == 1 else {}
    return names.get("en") or office.replace("-", " ").capitalize()


def _further_offices() -> list[tuple[str, str]]:
    return [_NO_OFFICE, *office_names()]


def _unions() -> list[tuple[str, str]]:
    unions = {
        membership.union
        for one in container.reference.governments.values()
        for membership in one.memberships
    }
    return [(one, UNION_NAMES.get(one, one)) for one in sorted(unions)]


UNION_NAMES = {
    EUROPEAN_UNION: "The European Union’s member states",
    "EEA": "The countries of the European Economic Area",
    "EFTA": "The member states of the European Free Trade Association",
    "CoE": "The member states of the Council of Europe",
    "EU-candidate": "The candidates for membership of the European Union",
}
_TO_EACH_KNOWN_OFFICE = ("office1", "office2", "office3")


class RecipientsForm(DraftForm):
    """Which governments are asked, and which of their offices get the letters.

    `more`: offices beyond the fields, which a bundle may name.
    """

    union = ChoiceField("Governments", choices=_unions)
    office1 = ChoiceField("Office", choices=office_names)
    office2 = ChoiceField("Second office", choices=_further_offices)
    office3 = ChoiceField("Third office", choices=_further_offices)
    to = RadiosField("If there are several offices, a letter goes to", choices=ADDRESSING_NAMES)
    more: ClassVar[list[str]] = []

    places = {
        "union": Place(
            FACTS_FILE, ("governments", "union"), ValueKind.PLAIN, default=EUROPEAN_UNION
        ),
        "to": Place(
            FACTS_FILE, ("recipients", "to"), ValueKind.PLAIN, default=Addressing.ONE.value
        ),
    }

    @property
    def typed_edits(self) -> list[Edit]:
        chosen = [self[name].data for name in _TO_EACH_KNOWN_OFFICE if self[name].data]
        offices = list(dict.fromkeys([*chosen, *self.more]))
        usual = list(RecipientChoice().offices)
        return [*super().typed_edits, Edit(FACTS_FILE, ("recipients", "offices"), offices, usual)]

    def differences_from(self, fresh: DraftForm) -> dict[str, str]:
        chosen = {name: str(fresh[name].data or "") for name in _TO_EACH_KNOWN_OFFICE}
        offices = {
            name: office for name, office in chosen.items() if office != (self[name].data or "")
        }
        return {**super().differences_from(fresh), **offices}

    def carry_into(self, fresh: DraftForm, before: Draft, error: DraftConflict) -> None:
        super().carry_into(fresh, before, error)
        theirs = error.theirs.get((FACTS_FILE, ("recipients", "offices")))
        if theirs is None:
            return
        # What is a list in the file is three fields here: she sees theirs, and decides.
        names = dict(office_names())
        listed = theirs if isinstance(theirs, list) else []
        fresh.conflict = CONFLICT
        fresh.theirs = {**fresh.theirs, "office1": ", ".join(str(names.get(o, o)) for o in listed)}
        for name in _TO_EACH_KNOWN_OFFICE:
            fresh[name].process_data(self[name].data)


def recipients_form_of(draft: Draft) -> type[RecipientsForm]:
    """Return the form of a draft's recipients, which offers every office that it names."""
    offices = draft_offices(draft)
    known = office_names()
    others = [(one, one) for one in offices if one not in dict(known)]

    class FormOfRecipients(RecipientsForm):
        office1 = ChoiceField("Office", choices=[*known, *others])
        office2 = ChoiceField("Second office", choices=[_NO_OFFICE, *known, *others])
        office3 = ChoiceField("Third office", choices=[_NO_OFFICE, *known, *others])
        more = offices[3:]

    return FormOfRecipients


def draft_offices(draft: Draft) -> list[str]:
    """Return the offices that a draft names, or the usual one."""
    named = draft.document(FACTS_FILE).get(("recipients", "offices"))
    return [str(one) for one in named] if isinstance(named, list) else [*RecipientChoice().offices]


class AddLanguageForm(DraftForm):
    language = ChoiceField("Language")

    def offer(self, draft: Draft) -> None:
        """Offer the languages that the draft does not have."""
        self.language.offer(language_choices(without=draft.languages))


class VersionForm(ConsoleForm):
    """A button about a version of the draft; the version stands in the URL."""
