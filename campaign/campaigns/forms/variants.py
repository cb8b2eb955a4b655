"""The sentences that letters are put together from, each in variants."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.bundle_letter import doubled
from campaign.campaigns.draft import Edit
from campaign.campaigns.forms.draft import DraftForm, ParagraphField
from campaign.campaigns.forms.values import Place, ValueKind, value_of
from campaign.campaigns.rules.letter import Voice
from campaign.campaigns.site_words import DEFAULT_VOICES
from campaign.errors import InvalidFields, InvalidText
from campaign.web.context import container
from campaign.web.forms import ChoiceField, TextField

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from campaign.campaigns.bundle_document import Path
    from campaign.campaigns.draft import Draft
    from campaign.errors import DraftConflict

NEW = "NEW"
"""In the names of fields, the key of a variant that is being added."""

OWN, SITES, REMOVE = "own", "sites", "remove"
"""What the form's buttons do beside saving: `act`."""

_STEM = "list"
"""How keys of new variants begin in a campaign without voices, as the site's do."""

VOICE_NAMES = {
    Voice.PROSE: "Running text",
    Voice.NUMBERED: "A numbered list",
    Voice.SHORT: "A short list",
}


class VariantsForm(DraftForm):
    """All variants of a draft in its main language, and one to add to each piece.

    Only the form of a draft with voices has a field for the voice of what is added.
    """

    act = TextField()
    voice = ChoiceField("New sentences are for letters with", choices=list(VOICE_NAMES.items()))

    draft: ClassVar[Draft]
    pieces_shown: ClassVar[Mapping[Path, list[str]]] = {}
    """The pieces, by their place below [letter], each with the keys of its variants."""

    @property
    def has_voices(self) -> bool:
        return bool(self.draft.document(FACTS_FILE).get(("voices",)))

    def is_own(self, part: str) -> bool:
        """Return whether the campaign says a part itself: openings, demands or closings."""
        return any(self.draft.document(f).get(("letter", part)) for f in self.draft.texts)

    @property
    def edits(self) -> list[Edit]:
        verb, _, name = self.act.data.partition(":")
        edits = [*self.typed_edits, *self._added()]
        if verb == OWN:
            edits += own_sentences(self.draft)
        elif verb == SITES and not self.has_voices:
            edits += [Edit(file, ("letter", part), None) for file in self._files for part in _PARTS]
        elif verb == REMOVE:
            gone = [place.path for place in self.places.values() if field_name(place.path) == name]
            edits = [one for one in edits if one.path not in gone]
            edits += [Edit(file, path, None) for file in self._files for path in gone]
        return edits

    def carry_into(self, fresh: DraftForm, before: Draft, error: DraftConflict) -> None:
        super().carry_into(fresh, before, error)
        for piece in self.pieces_shown:
            name = field_name((*piece, NEW))
            if name in fresh:
                fresh[name].data = self[name].data or fresh[name].data
            elif self[name].data:
                fresh.lost = [*fresh.lost, ("Another sentence", self[name].data)]

    @property
    def _files(self) -> list[str]:
        return [f"{language}.toml" for language in self.draft.languages]

    def _added(self) -> Iterator[Edit]:
        """Yield the edits for variants that were written into the empty fields."""
        voices = {one: list(keys) for one, keys in self._voices.items()}
        for piece, keys in self.pieces_shown.items():
            name = field_name((*piece, NEW))
            try:
                text = value_of(self[name].data, ValueKind.TEXT)
            except InvalidText as error:
                raise InvalidFields({name: error.reason}) from error
            if text:
                key = self._new_key(keys, voices)
                yield Edit(f"{self.draft.default_language}.toml", ("letter", *piece, key), text)
        for voice, keys in voices.items():
            if keys != self._voices.get(voice):
                yield Edit(FACTS_FILE, ("voices", voice), keys)

    @property
    def _voices(self) -> dict[str, list[str]]:
        return dict(self.draft.document(FACTS_FILE).get(("voices",)) or {})

    def _new_key(self, taken: list[str], voices: dict[str, list[str]]) -> str:
        """Return the key of a new variant; note it in the voice that it is for."""
        if not voices:
            return next(key for n in count(1) if (key := f"{_STEM}{n}") not in taken)
        chosen = self.voice.data if self.voice.data in voices else next(iter(voices))
        for key in voices[chosen]:
            if key not in taken:
                return key
        every = {key for keys in voices.values() for key in keys} | set(taken)
        new = next(key for n in count(1) if (key := f"{chosen}{n}") not in every)
        voices[chosen].append(new)
        return new


_PARTS = ("openings", "demands", "closings")


def field_name(path: Path) -> str:
    """Return the name of a variant's field, by its place with or without [letter]."""
    return ".".join(path[1:] if path[:1] == ("letter",) else path)


def variants_form_of(draft: Draft) -> type[VariantsForm]:
    """Return the form of a draft's variants, which has a field for each that it says itself."""
    file = f"{draft.default_language}.toml"
    letter = draft.document(file).get(("letter",)) or {}
    pieces: dict[Path, list[str]] = {}
    for piece in (("openings",), *(("demands", key) for key in draft.demand_keys), ("closings",)):
        texts: Any = letter
        for key in piece:
            texts = texts.get(key, {}) if isinstance(texts, dict) else {}
        pieces[piece] = list(texts) if isinstance(texts, dict) else []
    fields: dict[str, Any] = {}
    places: dict[str, Place] = {}
    for piece, keys in pieces.items():
        for key in keys:
            path = ("letter", *piece, key)
            places[field_name(path)] = Place(file, path, ValueKind.TEXT)
        fields |= {field_name((*piece, key)): ParagraphField("") for key in (*keys, NEW)}
    if not draft.document(FACTS_FILE).get(("voices",)):
        fields["voice"] = None
    about = {"places": places, "draft": draft, "pieces_shown": pieces}
    return type("FormOfVariants", (VariantsForm,), {**fields, **about})


def own_sentences(draft: Draft) -> Iterator[Edit]:
    """Yield the edits that make the site's sentences the draft's own, where it has none."""
    for language in draft.languages:
        file = f"{language}.toml"
        document = draft.document(file)
        sites = container.bundle_context.site_words.default_words(language)
        for part, texts in (
            ("openings", sites.openings if sites else {}),
            ("closings", sites.closings if sites else {}),
        ):
            if not document.get(("letter", part)):
                for key in DEFAULT_VOICES[Voice.NUMBERED]:
                    yield Edit(file, ("letter", part, key), texts.get(key))
        for demand in draft.demand_keys:
            if not document.get(("letter", "demands", demand)):
                text = document.get(("demands", demand, "text"))
                key = DEFAULT_VOICES[Voice.NUMBERED][0]
                sentence = doubled(text) if isinstance(text, str) else None
                yield Edit(file, ("letter", "demands", demand, key), sentence)
