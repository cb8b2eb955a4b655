"""Read and check the sentences of letters in one language of a bundle, beside the site's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.rules.campaign import LetterWords
from campaign.campaigns.rules.letter import Voice
from campaign.campaigns.site_words import LETTER_VOICES
from campaign.campaigns.toml_reader import move_hint
from campaign.recipients.rules.recipient import office_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from campaign.campaigns.rules.campaign import DemandWords
    from campaign.campaigns.site_words import LetterForms, UsualWords
    from campaign.campaigns.toml_reader import TomlTable

PIECES = ("openings", "demands", "closings")
"""The tables with sentences of letters."""

_LETTER = "letter"
_MAY_BE_SITES = ("subject", *PIECES)
_SENTENCE, _SHORT = LETTER_VOICES[Voice.NUMBERED][0], LETTER_VOICES[Voice.SHORT][0]


def there_hint(language: str) -> str:
    """Return a hint to add to a fault of what one language has and another lacks, or ""."""
    if not language:
        return ""
    return f" ({language}.toml has it): write it here, too, or delete it there"


def _escaped(text: str) -> str:
    """Return a text without placeholders as one in which only they begin with $."""
    return text.replace("$", "$$")


def own_parts(table: TomlTable) -> set[str]:
    """Return which parts of letters a language writes itself where the site could."""
    return set(table.nested_keys(_LETTER) or ()) & set(_MAY_BE_SITES)


@dataclass(frozen=True)
class LetterReader:
    """Reader of a language's table [letter].

    `forms` and `usual`: the site's words; the latter are None where it has none. `own`: the parts
    that the campaign has in some language, and so in all. `single_keys`: keys of the file that
    stand above its tables.
    """

    table: TomlTable
    placeholders: Collection[str]
    forms: LetterForms
    usual: UsualWords | None
    own: Mapping[str, str]
    single_keys: Collection[str]

    def read(self, demands: Mapping[str, DemandWords]) -> LetterWords:
        """Return the letter's words; demands without sentences of their own stand as they are."""
        table, usual = self.table, self.usual
        salutations = self._by_office("salutation", self.forms.salutations)
        valedictions = self._by_office("valediction", self.forms.valedictions)
        words = LetterWords(
            subject=usual.subject
            if usual and "subject" not in self.own
            else table.text("subject", self.placeholders, there_hint(self.own.get("subject", ""))),
            salutation=salutations.pop("", ""),
            valediction=valedictions.pop("", ""),
            openings=self._piece("openings", usual.openings if usual else None),
            demands=self._demands(demands),
            closings=self._piece("closings", usual.closings if usual else None),
            salutations=salutations,
            valedictions=valedictions,
        )
        table.report_unknown_keys(self.single_keys)
        return words

    def _lacks(self, key: str) -> bool:
        return key not in self.table.keys()  # noqa: SIM118 - a Table is no mapping

    def _piece(self, name: str, of_site: Mapping[str, str] | None) -> dict[str, str]:
        if of_site and name not in self.own:
            return self._usable(of_site)
        return self._variants(self.table.table(name, hint=there_hint(self.own.get(name, ""))))

    def _demands(self, demands: Mapping[str, DemandWords]) -> dict[str, dict[str, str]]:
        if self.usual and "demands" not in self.own:
            return {
                key: self._usable(
                    {_SENTENCE: _escaped(words.text), _SHORT: _escaped(words.heading)}
                )
                for key, words in demands.items()
            }
        row = self.table.table("demands", needed=False)
        return {key: self._variants(row.table(key, needed=False)) for key in demands}

    def _usable(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Return those of the site's texts that fit beside the others."""
        numbered, alone = LETTER_VOICES[Voice.NUMBERED], self.own.keys().isdisjoint(PIECES)
        return {key: text for key, text in texts.items() if alone or key in numbered}

    def _variants(self, table: TomlTable) -> dict[str, str]:
        variants = {key: table.text(key, self.placeholders) for key in sorted(table.keys())}
        for key in variants.keys() & set(self.single_keys):
            table.fault(key, f"is not a text of the letter{move_hint(key, self.single_keys)}")
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
