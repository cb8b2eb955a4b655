"""What is wrong with a draft, in an organiser's words, with the page that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import url_for

from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.console.labels import FACT_LABELS, text_label
from campaign.language.formats import language_name

if TYPE_CHECKING:
    from campaign.campaigns.drafts import Draft

_STEPS = {
    "demands": "edit_demands",
    "voices": "edit_variants",
    "recipients": "edit_recipients",
    "governments": "edit_recipients",
    "default_language": "edit_languages",
    "review": "edit_languages",
}


@dataclass(frozen=True)
class ExplainedFault:
    """A fault: where it is, what is wrong there, and the address of the page that mends it."""

    where: str
    reason: str
    url: str


def explained(fault: str, draft: Draft) -> ExplainedFault:
    """Return a fault as `parse_bundle` reports it: file, key and reason."""
    file, _, rest = fault.partition(": ")
    key, _, reason = rest.partition(": ")
    if not reason:
        key, reason = "", rest
    if file == FACTS_FILE:
        step = _STEPS.get(key.partition(".")[0].partition("[")[0], "edit_letter")
        return ExplainedFault(FACT_LABELS.get(key, key), reason, url_for(f"console.{step}"))
    language = file.removesuffix(".toml")
    if language not in draft.languages:
        return ExplainedFault(file, rest, "")
    what = f", {text_label(tuple(key.split('.')), draft.demand_keys)}" if key else ""
    is_main = language == draft.default_language
    url = url_for("console.edit_words", language=language)
    if is_main and key in {"title", "summary", "name", "retelling"}:
        url = url_for("console.edit_letter")
    elif is_main and key.startswith(("letter.openings", "letter.demands", "letter.closings")):
        url = url_for("console.edit_variants")
    elif is_main and key.startswith("demands"):
        url = url_for("console.edit_demands")
    return ExplainedFault(f"{language_name(language, 'en')}{what}", reason, url)
