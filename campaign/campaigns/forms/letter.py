"""The letter of a draft, in the language that it is written in, and the campaign's dates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from campaign.campaigns.bundle_facts import (
    MAX_RETENTION_DAYS,
    MAX_SIGNATURES,
    RETENTION_DAYS,
)
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.forms.draft import DraftForm, ParagraphField
from campaign.campaigns.forms.values import Place, ValueKind
from campaign.campaigns.rules.campaign import AuthorKind, LetterDisplay
from campaign.console.forms import DayField, NumberField
from campaign.web.forms import ChoiceField, RadiosField, TextField

if TYPE_CHECKING:
    from campaign.campaigns.draft import Draft


class GoalField(NumberField):
    """A number of signatures, as people write it: 5,000 or 5 000."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([re.sub(r"[\s.,'’]", "", text) for text in valuelist[:1]])


def _facts(*path: str, kind: ValueKind = ValueKind.LINE, default: object = None) -> Place:
    return Place(FACTS_FILE, path, kind, default)


AUTHOR_NAMES = [
    (AuthorKind.OTHER.value, "Somebody else: we support their letter"),
    (AuthorKind.OPERATOR.value, "We did: whoever runs the campaign"),
]
DISPLAY_NAMES = [
    (LetterDisplay.OWN_TEXT.value, "The letter’s own text"),
    (LetterDisplay.RETELLING.value, "A retelling; the original is longer, or elsewhere"),
]


def zone_choices() -> list[tuple[str, str]]:
    """Return Europe's time zones, and UTC."""
    names = sorted(one for one in available_timezones() if one.startswith("Europe/"))
    return [
        ("UTC", "UTC"),
        *((one, one.removeprefix("Europe/").replace("_", " ")) for one in names),
    ]


class LetterForm(DraftForm):
    """The letter: who asks whom for what, in the language that it is written in."""

    name = TextField("Name of the campaign")
    title = TextField("Title")
    summary = ParagraphField("Summary")
    author = TextField("Who asks? The author of the letter")
    by = RadiosField("Who wrote the letter?", choices=AUTHOR_NAMES, default=AuthorKind.OTHER.value)
    display = RadiosField(
        "What does the page show?", choices=DISPLAY_NAMES, default=LetterDisplay.OWN_TEXT.value
    )
    text = ParagraphField("Text on the page")
    source_title = TextField("Title of the original")
    source_date = DayField("Date of the original")
    opens_on = DayField("First day to sign")
    closes_on = DayField("Last day to sign")
    time_zone = ChoiceField("Time zone", choices=zone_choices)
    goal = GoalField(
        "Goal", least=1, most=MAX_SIGNATURES, invalid="Enter a number, or leave this empty."
    )
    retention_days = NumberField(
        "Days until personal data is erased",
        least=1,
        most=MAX_RETENTION_DAYS,
        invalid=f"Enter a number of days, up to {MAX_RETENTION_DAYS}.",
    )
    operator = TextField("Name of the organisation or person")
    operator_address = TextField("Postal address")
    operator_contact = TextField("E-mail address for questions")
    operator_privacy_contact = TextField("E-mail address for questions about data")
    operator_privacy_url = TextField("Address of its own privacy notice")
    operator_processors = ParagraphField("Others who process data for it")


def letter_form_of(draft: Draft) -> type[LetterForm]:
    """Return the form of a draft's letter, in the language that it is written in."""
    words = f"{draft.default_language}.toml"
    plain = ValueKind.PLAIN
    has_original = draft.document(FACTS_FILE).get(("source", "title")) is not None
    usual = LetterDisplay.RETELLING if has_original else LetterDisplay.OWN_TEXT
    zone = draft.document(FACTS_FILE).get(("time_zone",))

    class FormInLanguage(LetterForm):
        places = {
            "name": Place(words, ("name",)),
            "title": Place(words, ("title",)),
            "summary": Place(words, ("summary",), ValueKind.TEXT),
            "text": Place(words, ("retelling",), ValueKind.PARAGRAPHS),
            "author": _facts("source", "author"),
            "by": _facts("by", kind=plain, default=AuthorKind.OTHER.value),
            "display": _facts("shown", kind=plain, default=usual.value),
            "source_title": _facts("source", "title"),
            "source_date": _facts("source", "date", kind=plain),
            "opens_on": _facts("opens_on", kind=plain),
            "closes_on": _facts("closes_on", kind=plain),
            "goal": _facts("goal", kind=plain),
            "time_zone": _facts("time_zone", kind=plain, default="UTC"),
            "retention_days": _facts("retention_days", kind=plain, default=RETENTION_DAYS),
            "operator": _facts("operator", "name"),
            "operator_address": _facts("operator", "address"),
            "operator_contact": _facts("operator", "contact"),
            "operator_privacy_contact": _facts("operator", "privacy_contact"),
            "operator_privacy_url": _facts("operator", "privacy_url"),
            "operator_processors": _facts("operator", "processors", kind=ValueKind.PARAGRAPHS),
        }

    if zone and zone not in dict(zone_choices()):
        FormInLanguage.time_zone = ChoiceField("Time zone", choices=[(zone, zone), *zone_choices()])
    return FormInLanguage
