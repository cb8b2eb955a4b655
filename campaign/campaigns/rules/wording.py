"""Kinds of change between a revision and the one before it."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign.campaigns.rules.campaign import Revision, Words


class WordingChange(StrEnum):
    """How the words changed. `DEMANDS` begins a new wording; the others leave the demands as is."""

    CORRECTION = "correction"
    TRANSLATION = "translation"
    DEMANDS = "demands"


def all_demands_equal(before: Revision, after: Revision) -> bool:
    """Return whether all demands, keys and texts, are unchanged in every language of `before`."""
    return before.words.keys() <= after.words.keys() and shared_demands_equal(before, after)


def shared_demands_equal(before: Revision, after: Revision) -> bool:
    """Return whether the demands' keys and texts are equal in every language that both have."""
    return _keys(before) == _keys(after) and all(
        _demands(words) == _demands(after.words[tag])
        for tag, words in before.words.items()
        if tag in after.words
    )


def only_languages_added(before: Revision, after: Revision) -> bool:
    return all(after.words.get(tag) == words for tag, words in before.words.items())


def only_site_words_differ(before: Revision, after: Revision) -> bool:
    """Return whether all that `after` says anew is what the site calls governments and greets them.

    `before` has to have all of these words, if in another form: then nothing that is asked, shown
    or agreed to differs, and the facts of one hold for the other.
    """
    return _without_site_words(before) == _without_site_words(after) and all(
        _site_words(words) <= _site_words(before.words[tag]) for tag, words in after.words.items()
    )


def _without_site_words(revision: Revision) -> Revision:
    words = {
        tag: replace(
            one,
            governments=one.governments if _has_own_table(one) else {},
            letter=replace(
                one.letter, salutation="", valediction="", salutations={}, valedictions={}
            ),
        )
        for tag, one in revision.words.items()
    }
    return replace(revision, words=words)


def _has_own_table(words: Words) -> bool:
    return any("name" in names for names in words.governments.values())


def _site_words(words: Words) -> set[tuple[str, str]]:
    """Return what the site's words are about: governments, and offices that are greeted."""
    letter = words.letter
    return {
        *(("government", code) for code in words.governments),
        *(("salutation", office) for office in letter.salutations),
        *(("valediction", office) for office in letter.valedictions),
    }


def demand_keys_differ(before: Revision, after: Revision) -> bool:
    """Return whether the keys of the demands, or their order, differ."""
    return _keys(before) != _keys(after)


def letter_differences(before: Revision, after: Revision) -> Iterator[str]:
    """Yield descriptions of what makes a revision look like a different letter altogether."""
    if before.source.author != after.source.author:
        yield f"the author was {before.source.author}, and is {after.source.author}"
    if before.source.title != after.source.title:
        yield f"the source was “{before.source.title}”, and is “{after.source.title}”"
    if gone := sorted(set(_keys(before)) - set(_keys(after))):
        yield f"these demands are gone: {_named(before, gone)}"
    if new := sorted(set(_keys(after)) - set(_keys(before))):
        yield f"these demands are new: {_named(after, new)}"


def _named(revision: Revision, keys: Sequence[str]) -> str:
    """Return demands by their headings, in English if the letter is in it, and their keys."""
    words = revision.words.get("en") or next(iter(revision.words.values()))
    return ", ".join(f"“{words.demands[key].heading}” ({key})" for key in keys)


def _keys(revision: Revision) -> list[str]:
    return [demand.key for demand in revision.demands]


def _demands(words: Words) -> object:
    """Return what the demands say, on the page and in letters that have other words for them."""
    in_letters = {
        key: {
            name: text
            for name, text in variants.items()
            if text.replace("$$", "$") not in {words.demands[key].text, words.demands[key].heading}
        }
        for key, variants in words.letter.demands.items()
    }
    return dict(words.demands), in_letters
