"""News mails: their states and limits, and how much the audience may grow after the preview."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from campaign.errors import InvalidFields, InvalidText
from campaign.language.text import clean_line, clean_paragraphs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

MAX_SUBJECT = 150
MAX_TEXT = 10_000


class NewsState(StrEnum):
    """States of a news mail. `DONE`: a mail was queued for everybody, and each was tried once."""

    DRAFT = "draft"
    SENDING = "sending"
    STOPPED = "stopped"
    DONE = "done"


@dataclass(frozen=True)
class NewsText:
    """A news mail's words in one language."""

    subject: str
    text: str


def clean_texts(texts: Mapping[str, NewsText]) -> dict[str, NewsText]:
    """Return the texts by language, cleaned for storing.

    Raise InvalidFields with every fault, under `subject-de` or `text-de`.
    """
    kept, faults = {}, dict[str, str]()
    for language, given in texts.items():
        subject = _clean(given.subject, clean_line, MAX_SUBJECT, "no-subject")
        text = _clean(given.text, clean_paragraphs, MAX_TEXT, "no-text")
        for field, value in (("subject", subject), ("text", text)):
            if isinstance(value, InvalidText):
                faults[f"{field}-{language}"] = value.reason
        kept[language] = NewsText(str(subject), str(text))
    if faults:
        raise InvalidFields(faults)
    return kept


def choose_language(texts: Collection[str], language: str, default: str) -> str:
    """Return the language of the text to send to somebody who signed in `language`."""
    return next(one for one in (language, default, *texts) if one in texts)


def is_audience_as_shown(count: int, shown: int) -> bool:
    """Return whether the count is close to the one that the organiser was shown."""
    return count <= shown + max(10, shown // 20)


def _clean(typed: str, clean: Callable[[str], str], most: int, needed: str) -> str | InvalidText:
    try:
        kept = clean(typed)
    except InvalidText as error:
        return error
    if not kept:
        return InvalidText(needed)
    return kept if len(kept) <= most else InvalidText("too-long")
