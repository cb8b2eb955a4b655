"""What is wrong with a draft, in an organiser's words, with the field that mends it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import url_for

from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.console.labels import FACT_LABELS, text_label
from campaign.campaigns.draft_texts import text_paths
from campaign.campaigns.forms.letter import letter_form_of
from campaign.campaigns.forms.recipients import recipients_form_of
from campaign.campaigns.forms.steps import demands_form_of
from campaign.campaigns.forms.variants import NEW, field_name, variants_form_of
from campaign.language.formats import language_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from campaign.campaigns.bundle_document import Path
    from campaign.campaigns.draft import Draft
    from campaign.campaigns.forms.draft import DraftForm

STEP_FORMS: Mapping[str, Callable[[Draft], type[DraftForm]]] = {
    "letter": letter_form_of,
    "demands": demands_form_of,
    "recipients": recipients_form_of,
    "variants": variants_form_of,
}
"""The forms of the steps in which a draft is written, but for the words of a language."""

_STEPS_OF_FACTS = {
    "demands": "demands",
    "voices": "variants",
    "recipients": "recipients",
    "governments": "recipients",
    "default_language": "languages",
    "review": "languages",
}
_OTHER_FILE = re.compile(r"\(([a-z]{2,3})\.toml has it\)")
_LETTER_TEXTS = ("title", "summary", "name", "retelling")


@dataclass(frozen=True)
class ExplainedFault:
    """A fault: where it is, what is wrong there, and the address of the field that mends it."""

    where: str
    reason: str
    url: str


def explained(fault: str, draft: Draft) -> ExplainedFault:
    """Return a fault as `parse_bundle` reports it: file, key and reason."""
    file, _, rest = fault.partition(": ")
    key, _, reason = rest.partition(": ")
    if not reason:
        key, reason = "", rest
    path = tuple(key.partition("[")[0].split("."))
    reason = _OTHER_FILE.sub(lambda found: f"({language_name(found[1], 'en')} has it)", reason)
    if file == FACTS_FILE:
        step = _STEPS_OF_FACTS.get(path[0], "letter")
        return ExplainedFault(FACT_LABELS.get(key, key), reason, _address(step, file, path, draft))
    language = file.removesuffix(".toml")
    if language not in draft.languages:
        return ExplainedFault(file, rest, "")
    what = f", {text_label(tuple(key.split('.')), draft.demand_keys)}" if key else ""
    where = f"{language_name(language, 'en')}{what}"
    step = _step_of_text(path) if language == draft.default_language else ""
    if step:
        return ExplainedFault(where, reason, _address(step, file, path, draft))
    url = url_for(
        "console.edit_words", language=language, _anchor=_words_field(path, draft, language)
    )
    return ExplainedFault(where, reason, url)


def _words_field(path: Path, draft: Draft, language: str) -> str | None:
    """Return the field of a text on the page of a language's words, or the first one below it."""
    every = [one for tag in (draft.default_language, language) for one, _ in text_paths(draft, tag)]
    below = (".".join(one) for one in every if path and one[: len(path)] == path)
    return next(below, "author" if path == ("author",) else None)


def _step_of_text(path: Path) -> str:
    """Return the step in which a text of the main language is written; "" for its other words."""
    match path:
        case (name,) if name in _LETTER_TEXTS:
            return "letter"
        case ("letter", "openings" | "demands" | "closings", *_):
            return "variants"
        case ("demands", *_):
            return "demands"
        case _:
            return ""


def _address(step: str, file: str, path: Path, draft: Draft) -> str:
    """Return the address of a step's page, at the field of a value if it has one."""
    places = STEP_FORMS[step](draft).places if step in STEP_FORMS else {}
    at = next((name for name, one in places.items() if (one.file, one.path) == (file, path)), None)
    if at is None and step == "variants":
        at = field_name((*path, NEW))
    return url_for(f"console.edit_{step}", _anchor=at or ("another" if step == "demands" else None))
