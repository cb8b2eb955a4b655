"""Read and check the sentences of letters in one language of a bundle, beside the site's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.rules.campaign import LetterWords
from campaign.campaigns.rules.letter import Voice
from campaign.campaigns.site_words import DEFAULT_VOICES
from campaign.recipients.rules.recipient import office_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from campaign.campaigns.rules.campaign import DemandWords
    from campaign.campaigns.site_words import DefaultWords, LetterForms
    from campaign.campaigns.toml_reader import TomlTable

PIECES = ("openings", "demands", "closings")
"""The tables with sentences of letters."""

_LETTER = "letter"
_HAVE_DEFAULTS = ("subject", *PIECES)
_SENTENCE, _SHORT = DEFAULT_VOICES[Voice.NUMBERED][0], DEFAULT_VOICES[Voice.SHORT][0]


def overridden_parts(table: TomlTable) -> set[str]:
    """Return which parts of letters a language writes itself where the site could."""
    return set(table.nested_keys(_LETTER) or ()) & set(_HAVE_DEFAULTS)


def missing_letter_hint(overrides: Mapping[str, str]) -> str:
    """Return what to add to the fault of a language that has no letter, and needs one."""
    parts = [part for part in _HAVE_DEFAULTS if part in overrides]
    language = next((one for one in overrides.values() if one), "")
    if not language:
        return f": write [letter] with {', '.join(parts)}, as [voices] needs" if parts else ""
    return f": write [letter] with {', '.join(parts)}, as in {language}.toml, or delete them there"


def other_language_hint(language: str) -> str:
    """Return what to add to the fault of a part that another language has, or ""."""
    return f" ({language}.toml has it): add it here or delete it there" if language else ""


def doubled(text: str) -> str:
    """Return a text without placeholders for string.Template: each $ is doubled."""
    return text.replace("$", "$$")


@dataclass(frozen=True)
class LetterReader:
    """Reader of a language's table [letter].

    `forms` and `defaults`: the site's words; the latter are None where it has none. `overrides`:
    the parts that the campaign writes itself (see `BundleOutline`).
    """

    table: TomlTable
    placeholders: Collection[str]
    forms: LetterForms
    defaults: DefaultWords | None
    overrides: Mapping[str, str]

    def read(self, title: str, demands: Mapping[str, DemandWords]) -> LetterWords:
        """Return the letter's words.

        The page's title is the subject, and its demands stand as they are, unless there are others.
        """
        defaults = self.defaults
        salutations = self._by_office("salutation", self.forms.salutations)
        valedictions = self._by_office("valediction", self.forms.valedictions)
        words = LetterWords(
            subject=doubled(title) if self._has_default("subject") else self._subject(),
            salutation=salutations.pop("", ""),
            valediction=valedictions.pop("", ""),
            openings=self._piece("openings", defaults.openings if defaults else {}),
            demands=self._demands(demands),
            closings=self._piece("closings", defaults.closings if defaults else {}),
            salutations=salutations,
            valedictions=valedictions,
        )
        self.table.report_unknown_keys()
        return words

    def _has_default(self, part: str) -> bool:
        return self.defaults is not None and part not in self.overrides

    def _lacks(self, key: str) -> bool:
        return key not in self.table.keys()  # noqa: SIM118 - a Table is no mapping

    def _hint(self, part: str) -> str:
        return other_language_hint(self.overrides.get(part, ""))

    def _subject(self) -> str:
        return self.table.text("subject", self.placeholders, self._hint("subject"))

    def _piece(self, name: str, defaults: Mapping[str, str]) -> dict[str, str]:
        if self._has_default(name):
            return self._usable(defaults)
        return self._variants(self.table.table(name, hint=self._hint(name)))

    def _demands(self, demands: Mapping[str, DemandWords]) -> dict[str, dict[str, str]]:
        if self._has_default("demands"):
            return {
                key: self._usable({_SENTENCE: doubled(one.text), _SHORT: doubled(one.heading)})
                for key, one in demands.items()
            }
        row = self.table.table("demands", needed=False)
        return {key: self._variants(row.table(key, needed=False)) for key in demands}

    def _usable(self, defaults: Mapping[str, str]) -> dict[str, str]:
        """Return those of the site's texts that fit beside the campaign's, which are one voice."""
        numbered = DEFAULT_VOICES[Voice.NUMBERED]
        alone = self.overrides.keys().isdisjoint(PIECES)
        return {key: text for key, text in defaults.items() if alone or key in numbered}

    def _variants(self, table: TomlTable) -> dict[str, str]:
        variants = {key: table.text(key, self.placeholders) for key in sorted(table.keys())}
        if not variants:
            table.fault("", "needs at least one text")
        return variants

    def _by_office(self, name: str, of_site: Mapping[str, str]) -> dict[str, str]:
        """Return how letters begin or end, by office; "" is the usual one, for a minister.

        A campaign with a usual one of its own does without all of the site's.
        """
        texts = dict(of_site) if self._lacks(name) else {}
        if not texts:
            texts[""] = self.table.text(name, self.placeholders)
        row = self.table.table(f"{name}s", needed=False)
        own = {office: row.text(office, self.placeholders) for office in sorted(row.keys())}
        # Its text for an office goes before the site's for a single recipient.
        kept = {key: text for key, text in texts.items() if office_of(key) not in own}
        return kept | own
