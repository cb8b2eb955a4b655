"""The canonical form of a revision: what is hashed, stored and read back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date
from typing import Any

from campaign.campaigns.rules.campaign import (
    AuthorKind,
    Campaign,
    Demand,
    DemandWords,
    Facts,
    LetterDisplay,
    LetterWords,
    Revision,
    SourceDocument,
    Words,
)
from campaign.campaigns.rules.letter import Voice
from campaign.operator import CampaignOperator
from campaign.recipients.rules.choice import Addressing, RecipientChoice
from campaign.recipients.rules.government import GovernmentChoice

_MAY_BE_EMPTY = ("author", "source_title", "thanks", "share")
_DAYS = ("opens_on", "closes_on", "closed_on", "archived_on")
_LETTER_MAY_LACK = ("salutations", "valedictions")


def canonical_json(revision: Revision) -> str:
    """Return the same JSON for equal revisions: sorted keys, no spaces, unescaped UTF-8.

    Optional fields are left out if empty, so that older revisions keep their hash.
    """
    document = asdict(revision)
    if not revision.voices:
        del document["voices"]
    for words in document["words"].values():
        for name in _MAY_BE_EMPTY:
            if not words[name]:
                del words[name]
        for name in _LETTER_MAY_LACK:
            if not words["letter"][name]:
                del words["letter"][name]
    return _dump(document)


def sha256_hex(document: str) -> str:
    """Return the SHA-256 of a canonical document in hexadecimal."""
    return hashlib.sha256(document.encode("utf-8")).hexdigest()


def words_digest(text: str) -> str:
    """Return the SHA-256 of a text that was shown, such as a consent."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def facts_json(facts: Facts) -> str:
    told = asdict(facts)
    if facts.operator is None:
        # The version before does not know it, and may run beside this one during an upgrade.
        del told["operator"]
    return _dump(told)


def parse_campaign(facts: str, revision: str) -> Campaign:
    """Return the campaign that the two stored documents describe."""
    return Campaign(parse_facts(facts), parse_revision(revision))


def parse_facts(document: str) -> Facts:
    return _facts(json.loads(document))


def parse_revision(document: str) -> Revision:
    return _revision(json.loads(document))


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=date.isoformat
    )


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _facts(value: dict[str, Any]) -> Facts:
    days = {key: _day(value.get(key)) for key in _DAYS}
    # Facts stored before frames were supported do not name hosts, and so on.
    lists = {key: tuple(value.get(key, ())) for key in ("sources", "embed_hosts")}
    kinds = {
        "by": AuthorKind(value.get("by", AuthorKind.OTHER)),
        "shown": LetterDisplay(value.get("shown", LetterDisplay.RETELLING)),
    }
    operator = _operator(value.get("operator"))
    choice = _recipients(value["recipients"]) if "recipients" in value else RecipientChoice()
    asked = _governments(value)
    value = {key: told for key, told in value.items() if key != "governments_on"}
    whom = {"governments": asked, "recipients": choice, "operator": operator}
    return Facts(**{**value, **days, **lists, **kinds, **whom})


def _operator(value: dict[str, Any] | None) -> CampaignOperator | None:
    if value is None:
        return None
    return CampaignOperator(**{**value, "processors": tuple(value["processors"])})


def _governments(value: dict[str, Any]) -> GovernmentChoice:
    if "governments" not in value:  # stored when the European Union was the only union
        return GovernmentChoice(on=_day(value["governments_on"]))
    told = value["governments"]
    also, without = tuple(told["also"]), tuple(told["without"])
    return GovernmentChoice(told["union"], _day(told["on"]), also, without)


def _recipients(value: dict[str, Any]) -> RecipientChoice:
    named = {government: tuple(keys) for government, keys in value["named"].items()}
    to = Addressing(value.get("to", Addressing.ONE))
    return RecipientChoice(tuple(value["offices"]), named, to)


def _revision(value: dict[str, Any]) -> Revision:
    source, voices = value["source"], value.get("voices", {})
    days = {key: _day(source[key]) for key in ("published", "asked_on")}
    return Revision(
        source=SourceDocument(**{**source, **days}),
        demands=tuple(Demand(**demand) for demand in value["demands"]),
        words={language: _words(words) for language, words in value["words"].items()},
        voices={one: tuple(voices[one]) for one in Voice if one in voices},
    )


def _words(value: dict[str, Any]) -> Words:
    read: dict[str, Any] = {
        "retelling": tuple(value["retelling"]),
        "demands": {key: DemandWords(**words) for key, words in value["demands"].items()},
        "letter": LetterWords(**value["letter"]),
    }
    return Words(**{**value, **read})
