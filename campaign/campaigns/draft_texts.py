"""The texts of a draft's languages, and which of them are older than what they translate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from campaign.campaigns.bundle_changes import texts_in
from campaign.campaigns.bundle_document import Path
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.queries import bundle_versions
from campaign.campaigns.rules.letter import Voice
from campaign.campaigns.site_words import DEFAULT_VOICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from campaign.campaigns.draft import Draft

_SOURCES: Mapping[Path, tuple[str, Path]] = {
    ("author",): (FACTS_FILE, ("source", "author")),
    ("source_title",): (FACTS_FILE, ("source", "title")),
}
"""What is translated that is not in the main language's file."""


def source_of(draft: Draft, file: str, path: Path) -> object:
    """Return what a text of a language translates; None of the main language's texts."""
    main = f"{draft.default_language}.toml"
    if file == main:
        return None
    at, there = _place_of_source(draft, path)
    return draft.document(at).get(there)


def _place_of_source(draft: Draft, path: Path) -> tuple[str, Path]:
    return _SOURCES.get(path, (f"{draft.default_language}.toml", path))


def text_paths(draft: Draft, language: str) -> Iterator[tuple[Path, object]]:
    """Yield where a language's file has a text, and the text or the list of paragraphs."""
    yield from texts_in(draft.document(f"{language}.toml").get(()))


def in_one_language(draft: Draft, language: str) -> dict[str, str]:
    """Return a draft's files as if it were in one language, whatever the others still lack."""
    facts = draft.document(FACTS_FILE)
    facts.set(("default_language",), language)
    facts.set(("review",), None)
    file = f"{language}.toml"
    return {FACTS_FILE: facts.text, file: draft.texts.get(file, "")}


LastChanges = Mapping[tuple[str, Path], int]
"""In which version each text was changed last, by its file and its place there."""


def last_changes(session: Session, draft: Draft) -> LastChanges:
    """Return in which version each text was changed last, on the way to this draft.

    Versions that do not say what they changed were saved before this was recorded.
    """
    last: dict[tuple[str, Path], int] = {}
    own = bundle_versions.ancestors(session, draft.campaign_id, draft.number)
    for number, changed in bundle_versions.changes(session, draft.campaign_id):
        if number in own:
            last |= {
                (file, tuple(path)): number for file, paths in changed.items() for path in paths
            }
    return last


def outdated_texts(draft: Draft, language: str, last: LastChanges) -> set[Path]:
    """Return where a language has a text that was last changed before what it translates."""
    file = f"{language}.toml"
    if language == draft.default_language:
        return set()
    return {
        path
        for path, value in text_paths(draft, language)
        if value and last.get((file, path), 0) < last.get(_place_of_source(draft, path), 0)
    }


def keep_marks(session: Session, draft: Draft, number: int) -> None:
    """Let the same translations be older than their source in a version with this draft's texts.

    `number`: the version that was just added, which was not made from the draft, so that what it
    changed says nothing about which text came first.
    """
    last = last_changes(session, draft)
    changed: set[tuple[str, Path]] = set()
    behind: set[tuple[str, Path]] = set()
    for language in draft.languages[1:]:
        older = outdated_texts(draft, language, last)
        for path, _ in text_paths(draft, language):
            (behind if path in older else changed).add((f"{language}.toml", path))
        changed |= {_place_of_source(draft, path) for path in older}
    bundle_versions.count_as_changed(session, draft.campaign_id, number, changed)
    bundle_versions.count_as_unchanged(session, draft.campaign_id, number, behind)


def variants_of_demands(draft: Draft, file: str) -> list[str]:
    """Return the keys of what letters have to say of each demand; none if the site says it."""
    own = draft.document(file).get(("letter", "demands")) or {}
    voices = draft.document(FACTS_FILE).get(("voices",)) or {}
    said = {key for texts in own.values() if isinstance(texts, dict) for key in texts}
    if not voices:
        return [DEFAULT_VOICES[Voice.NUMBERED][0]] if said else []
    firsts = [next((key for key in keys if key in said), None) for keys in voices.values()]
    return [key for key in firsts if key]
