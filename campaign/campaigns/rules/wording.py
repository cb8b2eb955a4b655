"""What kind of change one revision is against the one before it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.campaigns.rules.campaign import Revision, Words


class WordingChange(StrEnum):
    """`DEMANDS` begins a new wording; the others leave what is demanded as it was."""

    CORRECTION = "correction"
    TRANSLATION = "translation"
    DEMANDS = "demands"


def all_demands_equal(before: Revision, after: Revision) -> bool:
    """Say whether keys and texts of the demands are those of before, in each language of before."""
    return before.words.keys() <= after.words.keys() and shared_demands_equal(before, after)


def shared_demands_equal(before: Revision, after: Revision) -> bool:
    """Say whether keys and texts of the demands are the same in each language that both have."""
    return _keys(before) == _keys(after) and all(
        _demands(words) == _demands(after.words[tag])
        for tag, words in before.words.items()
        if tag in after.words
    )


def only_languages_added(before: Revision, after: Revision) -> bool:
    return all(after.words.get(tag) == words for tag, words in before.words.items())


def demand_keys_differ(before: Revision, after: Revision) -> bool:
    """Say whether other demands stand there, or the same ones under other numbers."""
    return _keys(before) != _keys(after)


def letter_differences(before: Revision, after: Revision) -> Iterator[str]:
    """Yield in words what makes a revision look like another letter altogether."""
    if before.source.author != after.source.author:
        yield f"the author was {before.source.author}, and is {after.source.author}"
    if before.source.title != after.source.title:
        yield f"the source was “{before.source.title}”, and is “{after.source.title}”"
    if gone := sorted(set(_keys(before)) - set(_keys(after))):
        yield f"these demands are gone: {', '.join(gone)}"
    if new := sorted(set(_keys(after)) - set(_keys(before))):
        yield f"these demands are new: {', '.join(new)}"


def _keys(revision: Revision) -> list[str]:
    return [demand.key for demand in revision.demands]


def _demands(words: Words) -> object:
    return dict(words.demands), {key: dict(one) for key, one in words.letter.demands.items()}
