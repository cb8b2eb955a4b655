"""Read the facts of a campaign from campaign.toml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from campaign.campaigns.bundle_recipients import read_governments, read_recipients
from campaign.campaigns.rules.campaign import AuthorKind, Facts, LetterDisplay
from campaign.language.review import ReviewStatus
from campaign.operator import CampaignOperator
from campaign.validators import is_ascii_email, is_header_safe, is_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.campaigns.site_words import BundleContext
    from campaign.campaigns.toml_reader import TomlTable

TOP_LEVEL_KEYS = (
    *("slug", "default_language", "retention_days", "opens_on", "closes_on", "by", "shown"),
    *("time_zone", "show_count_from", "goal", "sources", "embed_hosts", "governments_on"),
)
"""Keys of campaign.toml above its tables."""

MAX_SLUG = 80
MAX_SIGNATURES = 1_000_000_000
RETENTION_DAYS = 180
"""Days until everything personal is erased after the end, if a campaign says nothing else."""

MAX_RETENTION_DAYS = 3650

_NO_WORDS = ": there is no file of words in a language of this site, such as en.toml"
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# They would collide with paths of the site itself.
_RESERVED_SLUGS = frozenset(
    {"static", "embed", "console", "accessibility", "privacy", "translation"}
)
_RESERVED = re.compile(r"[a-z]{2}$|rehearsal-")
"""What new addresses may not be: a language's, as `/en/` is its page, or a rehearsal's."""

_SLUG_FAULTS = {
    "no-slug": "should be small letters, digits and single hyphens, as safe-cycling",
    "reserved-slug": f"is taken by the site or longer than {MAX_SLUG} characters",
}
_SOURCE_CODE = re.compile(r"[a-z0-9-]{1,32}")
# Plain HTTP is for trying it on this machine only.
_ORIGIN = re.compile(
    r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{1,5})?|http://(?:localhost|127\.0\.0\.1):[0-9]{1,5}"
)


def read_facts(table: TomlTable, languages: Sequence[str], known: BundleContext) -> Facts:
    """Return the facts, and report faults; `languages`: those that the bundle has words in."""
    opens_on, closes_on = table.day("opens_on"), table.day("closes_on")
    if opens_on and closes_on and closes_on < opens_on:
        table.fault("closes_on", "is before opens_on")
    slug, default_language = _slug(table), _default_language(table, languages)
    sources = table.text_list("sources") if "sources" in table.keys() else ()  # noqa: SIM118
    for code in sources:
        if not _SOURCE_CODE.fullmatch(code):
            table.fault("sources", f"{code!r} should be up to 32 of a-z, 0-9 and -")
    return Facts(
        slug=slug,
        default_language=default_language,
        governments=read_governments(table, known.governments),
        opens_on=opens_on,
        closes_on=closes_on,
        retention_days=_retention(table),
        sources=sources,
        embed_hosts=_embed_hosts(table),
        review=_review(table, default_language, languages),
        recipients=read_recipients(table, known.governments),
        by=table.choice("by", AuthorKind, AuthorKind.OTHER),
        shown=table.choice("shown", LetterDisplay, _default_display(table)),
        show_count_from=_number_of_signatures(table, "show_count_from", least=0) or 0,
        goal=_number_of_signatures(table, "goal", least=1),
        time_zone=_time_zone(table),
        operator=_operator(table),
    )


def _operator(facts: TomlTable) -> CampaignOperator | None:
    """Return who runs the campaign, if the bundle names somebody."""
    if "operator" not in facts.keys():  # noqa: SIM118 - a Table is no mapping
        return None
    table = facts.table("operator")
    for key in ("contact", "privacy_contact"):
        address = table.optional_text(key)
        if address and not is_ascii_email(address):
            table.fault(key, f"{address!r} should be like contact@example.org")
    url = table.optional_text("privacy_url")
    if url and not (url.startswith("https://") and is_url(url)):
        table.fault("privacy_url", f"{url!r} should be like https://www.example.org/privacy")
    keys = table.keys()
    name = table.text("name")
    if name and not is_header_safe(name):
        table.fault("name", "cannot be the sender's name of an e-mail")
    operator = CampaignOperator(
        name=name,
        address=table.text("address"),
        contact=table.text("contact"),
        privacy_contact=table.optional_text("privacy_contact"),
        privacy_url=url,
        processors=table.text_list("processors") if "processors" in keys else (),
    )
    table.report_unknown_keys()
    return operator


def _default_display(table: TomlTable) -> LetterDisplay:
    """Return what a page shows, unsaid: of a source with a title of its own, a retelling."""
    named = "title" in (table.nested_keys("source") or ())
    return LetterDisplay.RETELLING if named else LetterDisplay.OWN_TEXT


def _default_language(table: TomlTable, languages: Sequence[str]) -> str:
    """Return the main language; it goes without saying if it is the only one."""
    if "default_language" not in table.keys() and len(languages) == 1:  # noqa: SIM118
        return languages[0]
    listed = " or ".join(f'"{one}"' for one in languages)
    what = f"write the one that you wrote first, {listed}, above the first line that begins with ["
    return table.text("default_language", hint=f": {what}" if languages else _NO_WORDS)


def _slug(table: TomlTable) -> str:
    slug = table.value("slug", str)
    if slug is None:
        return ""
    if fault := slug_fault(slug):
        table.fault("slug", _SLUG_FAULTS[fault])
    return str(slug)


def slug_fault(slug: str, *, is_new: bool = False) -> str:
    """Return why a campaign cannot have this address, or "".

    One that `is_new` is looked at more closely: a campaign that has its address keeps it.
    """
    if len(slug) > MAX_SLUG or slug in _RESERVED_SLUGS or (is_new and _RESERVED.match(slug)):
        return "reserved-slug"
    return "" if _SLUG.fullmatch(slug) else "no-slug"


def _embed_hosts(table: TomlTable) -> tuple[str, ...]:
    hosts = table.text_list("embed_hosts") if "embed_hosts" in table.keys() else ()  # noqa: SIM118
    for host in hosts:
        if not _ORIGIN.fullmatch(host):
            table.fault("embed_hosts", f"{host!r} should be like https://www.example.org")
    return hosts


def _retention(table: TomlTable) -> int:
    days = table.value("retention_days", int, needed=False)
    if days is None:
        return RETENTION_DAYS
    if not 1 <= days <= MAX_RETENTION_DAYS:
        table.fault("retention_days", f"should be from 1 to {MAX_RETENTION_DAYS}")
    return int(days)


def _number_of_signatures(table: TomlTable, key: str, *, least: int) -> int | None:
    number: int | None = table.value(key, int, needed=False)
    if number is not None and not least <= number <= MAX_SIGNATURES:
        table.fault(key, f"should be from {least} to {MAX_SIGNATURES}")
    return number


def _time_zone(table: TomlTable) -> str:
    zone = table.value("time_zone", str, needed=False)
    if zone is None:
        return "UTC"
    if zone not in available_timezones():
        table.fault("time_zone", f"{zone!r} should be like Europe/Brussels")
    return str(zone)


def _review(facts: TomlTable, source: str, languages: Sequence[str]) -> dict[str, str]:
    """Return who has read each language's words; unsaid, only the main one was written as it is."""
    if "review" not in facts.keys():  # noqa: SIM118 - a Table is no mapping
        return {
            language: ReviewStatus.SOURCE if language == source else ReviewStatus.AWAITING
            for language in languages
        }
    table = facts.table("review")
    misplaced = [key for key in table.keys() if table.top_level_hint(key)]  # noqa: SIM118
    for key in misplaced:
        table.fault(key, f"is no language{table.top_level_hint(key)}")
    named = [key for key in table.keys() if key not in misplaced]  # noqa: SIM118
    review = {language: table.value(language, str) for language in named}
    if not review:
        table.fault("", 'names no language: write en = "reviewed", and so on for each')
    for language, state in review.items():
        if state is not None and state not in set(ReviewStatus):
            table.fault(language, f"should be one of {', '.join(ReviewStatus)}")
    return review
