"""What the texts and facts of a draft are called, by where they stand in its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.campaigns.bundle_document import Path

FACTS = "Dates and settings"
"""What the file of facts is called."""

FACT_LABELS = {
    "source.author": "Author",
    "source.title": "Title of the original",
    "source.date": "Date of the original",
    "demands": "Demands",
    "by": "Who wrote the letter",
    "shown": "What the page shows",
    "opens_on": "First day to sign",
    "closes_on": "Last day to sign",
    "time_zone": "Time zone",
    "goal": "Goal",
    "retention_days": "Days until personal data is erased",
    "default_language": "Main language",
    "recipients": "Recipients",
    "recipients.offices": "Offices",
    "recipients.to": "Whom a letter goes to",
    "governments.union": "Governments",
    "operator.name": "Who runs the campaign",
    "operator.address": "Postal address of who runs the campaign",
    "operator.contact": "E-mail address for questions",
    "operator.privacy_contact": "E-mail address for questions about data",
    "operator.privacy_url": "Address of the privacy notice",
    "operator.processors": "Others who process data",
}

_LABELS = {
    ("name",): "Name of the campaign",
    ("title",): "Title",
    ("summary",): "Summary",
    ("retelling",): "Text on the page",
    ("author",): "The author’s name in this language",
    ("source_title",): "Title of the original in this language",
    ("thanks",): "Heading after confirming",
    ("share",): "Text to share",
    ("demands",): "Demands",
}
_PARTS = {"heading": "heading", "text": "sentence"}
_PIECES = {"openings": "Opening", "closings": "Closing"}


def text_label(path: Path, demand_keys: Sequence[str]) -> str:
    """Return what a text is called, by where it stands in a language's file.

    `demand_keys`: those of the draft, in order: demands are called by their numbers.
    """
    match path:
        case _ if path in _LABELS:
            return _LABELS[path]
        case ("demands", key, *part):
            return ": ".join([_demand(key, demand_keys), *(_PARTS.get(one, one) for one in part)])
        case ("letter", "demands", key, variant):
            return f"{_demand(key, demand_keys)}, as letters say it ({variant})"
        case ("letter", piece, variant) if piece in _PIECES:
            return f"{_PIECES[piece]} of letters ({variant})"
        case _:
            return ": ".join(part.replace("_", " ") for part in path).capitalize()


def _demand(key: str, keys: Sequence[str]) -> str:
    return f"Demand {keys.index(key) + 1}" if key in keys else f"Demand {key}"
