"""The site's words for every campaign: governments' names, letters' sentences, consents.

They become a part of a campaign's revision when its bundle is loaded, unless it has its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS, OTHER_OFFICE
from campaign.campaigns.rules.letter import Voice
from campaign.campaigns.toml_reader import TomlTable, parse_toml
from campaign.errors import ContentError
from campaign.recipients.reference_data import parse_rows
from campaign.recipients.rules.recipient import MINISTRIES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from campaign.recipients.rules.choice import RecipientChoice
    from campaign.recipients.rules.government import Government

NAME_FORMS = (
    *("country", "country_of", "country_in"),
    *("government", "government_object", "government_of", "government_to"),
)
"""What governments are called in every language, as placeholders of letters.

A language may have more of them, for further cases of its grammar.
"""

_NO_FORMS = ("code", "source", "note")


DEFAULT_VOICES = {Voice.NUMBERED: ("list1", "list2"), Voice.SHORT: ("short1", "short2")}
"""The voices of letters whose sentences are all the site's: a list of sentences, or of headings."""


@dataclass(frozen=True)
class DefaultWords:
    """What the site says in a language for campaigns that do not say it themselves.

    `openings` and `closings` have the keys of DEFAULT_VOICES.
    """

    consents: Mapping[str, str]
    openings: Mapping[str, str]
    closings: Mapping[str, str]


@dataclass(frozen=True)
class LetterForms:
    """How letters begin and end in a language, by recipient or office; "" is a minister's."""

    salutations: Mapping[str, str] = field(default_factory=dict)
    valedictions: Mapping[str, str] = field(default_factory=dict)


class _LetterFormRow(NamedTuple):
    """How a letter in a language to an office begins and ends."""

    language: str
    office: str
    salutation: str
    valediction: str
    subject_label: str


@dataclass(frozen=True)
class SiteWords:
    """The site's words, read from its data when they are asked for."""

    folder: Path

    def government_names(self, language: str) -> dict[str, dict[str, str]]:
        """Return each government's forms by its code, none in a language that an operator added.

        Raise ContentError with every fault.
        """
        path = self.folder / "government_names" / f"{language}.csv"
        if not path.exists():
            return {}
        faults: list[str] = []
        names = dict(parse_rows(path, _name_forms, faults))
        if faults:
            raise ContentError(faults)
        return names

    def default_words(self, language: str) -> DefaultWords | None:
        """Return what is said for campaigns in a language; None in one that an operator added."""
        return self._default_words.get(language)

    def letter_forms(self, language: str, choice: RecipientChoice) -> LetterForms:
        """Return a language's salutations and valedictions for those whom letters may be for.

        Raise ContentError with every fault.
        """
        usual = {"", OTHER_OFFICE} if choice.all_offices - MINISTRIES else {""}
        rows = [
            row
            for row in self._letter_forms
            if row.language == language and (row.office in usual or choice.reaches(row.office))
        ]
        return LetterForms(
            salutations={row.office: row.salutation for row in rows},
            valedictions={row.office: row.valediction for row in rows},
        )

    def subject_labels(self) -> dict[str, str]:
        """Return the word before the subject of a letter on paper, by language.

        Languages whose convention has none are left out. Raise ContentError with every fault.
        """
        return {row.language: row.subject_label for row in self._letter_forms if row.subject_label}

    @cached_property
    def _default_words(self) -> dict[str, DefaultWords]:
        faults: list[str] = []
        read = {
            path.stem: self._read_default_words(path, faults)
            for path in sorted((self.folder / "campaign_words").glob("*.toml"))
        }
        if faults:
            raise ContentError(faults)
        return read

    def _read_default_words(self, path: Path, faults: list[str]) -> DefaultWords:
        table = parse_toml(path.name, path.read_bytes(), faults) or TomlTable(path.name, {}, faults)
        names = self.government_names(path.stem).values()
        placeholders = {"author", "title", *(form for forms in names for form in forms)}
        consents, letter = table.table("consents"), table.table("letter")
        keys = [key for keys in DEFAULT_VOICES.values() for key in keys]
        pieces = [
            {key: row.text(key, placeholders) for key in keys}
            for row in (letter.table("openings"), letter.table("closings"))
        ]
        return DefaultWords({one: consents.text(one) for one in OPTIONAL_CONSENTS}, *pieces)

    @cached_property
    def _letter_forms(self) -> list[_LetterFormRow]:
        """The rows of all languages, read once: a bundle asks for those of several."""
        faults: list[str] = []
        rows = list(parse_rows(self.folder / "letter_forms.csv", _letter_form, faults))
        if faults:
            raise ContentError(faults)
        return rows


@dataclass(frozen=True)
class BundleContext:
    """What a bundle is checked against: the governments, the site's languages and its words."""

    governments: Mapping[str, Government]
    languages: Collection[str]
    site_words: SiteWords


def _name_forms(row: dict[str, str]) -> tuple[str, dict[str, str]]:
    forms = {name: text for name, text in row.items() if name not in _NO_FORMS}
    missing = [name for name in NAME_FORMS if not forms.get(name)]
    missing += [name for name, text in forms.items() if not text]
    if missing:
        raise ValueError(f"{row['code']}: {missing[0]} is empty")
    return row["code"], forms


def _letter_form(row: dict[str, str]) -> _LetterFormRow:
    if not (row["salutation"] and row["valediction"]):
        raise ValueError("a letter needs a salutation and a valediction")
    return _LetterFormRow(**{name: row[name] for name in _LetterFormRow._fields})
