"""The canonical form of a revision: what is hashed, stored and read back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date
from typing import Any

from campaign.campaigns.rules.campaign import (
    Author,
    Campaign,
    Demand,
    DemandWords,
    Facts,
    LetterWords,
    Revision,
    Shown,
    Source,
    Words,
)

_MAY_BE_EMPTY = ("author", "source_title")


def canonical(revision: Revision) -> str:
    """Return one JSON text for equal revisions: keys sorted, no spaces, UTF-8 as it is.

    What may be empty is left out then, so that older revisions keep their hash.
    """
    document = asdict(revision)
    for words in document["words"].values():
        for name in _MAY_BE_EMPTY:
            if not words[name]:
                del words[name]
    return _dump(document)


def digest(document: str) -> str:
    """Return the SHA-256 of a canonical document in hexadecimal."""
    return hashlib.sha256(document.encode("utf-8")).hexdigest()


def words_digest(text: str) -> str:
    """Return the SHA-256 of one text that was shown, such as a consent."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def facts_document(facts: Facts) -> str:
    return _dump(asdict(facts))


def read_campaign(facts: str, revision: str) -> Campaign:
    """Return the campaign that the two stored documents describe."""
    return Campaign(read_facts(facts), read_revision(revision))


def read_facts(document: str) -> Facts:
    return _facts(json.loads(document))


def read_revision(document: str) -> Revision:
    return _revision(json.loads(document))


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=date.isoformat
    )


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _facts(value: dict[str, Any]) -> Facts:
    days = {key: _day(value[key]) for key in ("governments_on", "opens_on", "closes_on")}
    # Facts that were stored before there were frames do not name hosts, and so on.
    lists = {key: tuple(value.get(key, ())) for key in ("sources", "embed_hosts")}
    kinds = {
        "by": Author(value.get("by", Author.OTHER)),
        "shown": Shown(value.get("shown", Shown.RETELLING)),
    }
    return Facts(**{**value, **days, **lists, **kinds})


def _revision(value: dict[str, Any]) -> Revision:
    source = value["source"]
    days = {key: date.fromisoformat(source[key]) for key in ("published", "asked_on")}
    return Revision(
        source=Source(**{**source, **days}),
        demands=tuple(Demand(**demand) for demand in value["demands"]),
        words={language: _words(words) for language, words in value["words"].items()},
    )


def _words(value: dict[str, Any]) -> Words:
    read: dict[str, Any] = {
        "retelling": tuple(value["retelling"]),
        "demands": {key: DemandWords(**words) for key, words in value["demands"].items()},
        "letter": LetterWords(**value["letter"]),
    }
    return Words(**{**value, **read})
