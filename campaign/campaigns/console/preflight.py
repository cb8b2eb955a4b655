"""The last look before a publication: what is ready, what blocks it, what happens otherwise."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from flask import url_for

from campaign.campaigns.console.preview import render_draft_page
from campaign.campaigns.draft_preview import as_published
from campaign.campaigns.draft_texts import last_changes, outdated_texts
from campaign.campaigns.queries import campaigns as queries
from campaign.campaigns.schedule import is_over_before_it_begins
from campaign.console.session import current_user
from campaign.language.formats import language_name
from campaign.mail.dns_policy import Severity
from campaign.operations.queries import sender_check
from campaign.operations.sender_check import NOT_CHECKED
from campaign.organisers.rules.roles import Permission
from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import Channel
from campaign.settings.settings import PLACEHOLDER_OPERATOR
from campaign.web.context import PageContext, container
from campaign.web.static_files import static_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.orm import Session

    from campaign.campaigns.draft import Draft
    from campaign.campaigns.rules.campaign import Campaign

PAGE_BUDGET = 35_000
"""Bytes of the letter's page with everything it loads, compressed; that of docs/rules.md."""

_STATIC = re.compile(r'(?:href|src)="/static/([^"?]+)')


class Level(StrEnum):
    """Whether something is ready, deserves a look, or keeps a draft from being published."""

    READY = "ready"
    WARNING = "warning"
    BLOCKS = "blocks"


@dataclass(frozen=True)
class PreflightLine:
    """One thing that was looked at; `url` leads to where it is mended."""

    name: str
    level: Level
    text: str
    url: str = ""


def preflight(session: Session, draft: Draft, campaign: Campaign) -> list[PreflightLine]:
    """Return what was looked at; `campaign`: that of the draft, which is complete."""
    return [
        _languages(session, draft, campaign),
        _dates(session, draft, campaign),
        *_recipients(session, campaign),
        *_sender(session),
        *_operator(campaign),
        _page_weight(session, draft, campaign),
        _rehearsal(session, draft),
    ]


def is_blocked(lines: Iterable[PreflightLine]) -> bool:
    return any(line.level is Level.BLOCKS for line in lines)


def _languages(session: Session, draft: Draft, campaign: Campaign) -> PreflightLine:
    last = last_changes(session, draft)
    texts = {one: outdated_texts(draft, one, last) for one in draft.languages}
    older = [one for one in texts if texts[one]]
    other_demands = [one for one in older if any(path[0] == "demands" for path in texts[one])]
    unread = [one for one in draft.languages if campaign.facts.needs_review(one)]
    url = url_for("console.edit_languages")
    if other_demands:
        text = f"{_names(other_demands)}: a demand changed after it was translated. "
        text += "People who read that language may be signing something different."
        return PreflightLine("Languages", Level.WARNING, text, url)
    if older:
        text = f"{_names(older)}: some texts changed after they were translated."
        return PreflightLine("Languages", Level.WARNING, text, url)
    if unread:
        text = f"{_names(unread)}: no native speaker has read the words yet. The pages say so."
        return PreflightLine("Languages", Level.WARNING, text, url)
    number = len(draft.languages)
    text = _names(draft.languages) if number <= 4 else f"{number} languages"  # noqa: PLR2004
    return PreflightLine("Languages", Level.READY, f"Complete: {text}.", url)


def _dates(session: Session, draft: Draft, campaign: Campaign) -> PreflightLine:
    facts, today = campaign.facts, container.clock().date()
    url = url_for("console.edit_letter")
    if facts.closes_on and facts.closes_on < today:
        text = f"The last day to sign, {facts.closes_on}, has passed: nobody could sign."
        row, now = queries.get(session, draft.campaign_id), container.clock()
        blocks = is_over_before_it_begins(row, facts, now)
        return PreflightLine("Dates", Level.BLOCKS if blocks else Level.WARNING, text, url)
    begins = f"from {facts.opens_on}" if facts.opens_on and facts.opens_on > today else "at once"
    ends = f"until {facts.closes_on}" if facts.closes_on else "without an end"
    if facts.closes_on is None:
        text = f"People can sign {begins}, {ends}. Without an end, personal data is never erased."
        return PreflightLine("Dates", Level.WARNING, text, url)
    return PreflightLine("Dates", Level.READY, f"People can sign {begins}, {ends}.", url)


def _recipients(session: Session, campaign: Campaign) -> Iterator[PreflightLine]:
    facts, today = campaign.facts, container.clock().date()
    candidates = container.reference.candidates(facts.governments, facts.recipients, today)
    rows = recipients.with_keys(session, {key for keys in candidates.values() for key in keys})
    verified = {row.key for row in rows if row.has_verified(Channel.EMAIL)}
    lacking = [code for code, keys in candidates.items() if verified.isdisjoint(keys)]
    may_mend = current_user().has_permission(Permission.MANAGE_SITE)
    url = url_for("console.recipients") if may_mend else url_for("console.edit_recipients")
    if not lacking:
        text = f"Each of {len(candidates)} governments has an office with a verified address."
        yield PreflightLine("Recipients", Level.READY, text, url)
        return
    number = len(lacking)
    governments = "government has" if number == 1 else "governments have"
    when = "Letters to them wait" if container.settings.live else "Once the site is live, they wait"
    text = (
        f"{number} {governments} no office with a verified address. {when} until one is verified."
    )
    yield PreflightLine("Recipients", Level.WARNING, text, url)


def _sender(session: Session) -> Iterator[PreflightLine]:
    """Yield how mail from the sender's domain is authenticated, as the worker found it last."""
    settings = container.settings
    # Nothing of it can be mended in the browser.
    ask = f"mailto:{settings.operator.contact}"
    if "smtp_host" not in settings.transport_class.required_settings:
        text = "This site sends nothing yet: e-mails and letters are saved as files."
        yield PreflightLine("Sender", Level.WARNING, text, ask)
        return
    domain = settings.operator.domain
    known = sender_check(session, domain)
    if known is None:
        text = f"{domain} is checked within minutes once a worker runs."
        yield PreflightLine("Sender", Level.WARNING, text, ask)
        return
    for level, subject, message in known.findings:
        is_fine = level == Severity.OK
        text = f"{subject}: {message}."
        if not is_fine and NOT_CHECKED not in message:
            text += " Without it, letters are likely to be taken for spam."
        if is_fine:
            yield PreflightLine("Sender", Level.READY, text)
        else:
            yield PreflightLine("Sender", Level.WARNING, text, ask)


def _operator(campaign: Campaign) -> Iterator[PreflightLine]:
    operator = container.settings.operator.of_campaign(campaign.facts.operator)
    url = url_for("console.edit_letter")
    if operator.contact == PLACEHOLDER_OPERATOR["operator_contact"]:
        text = f"“{operator.name}” is made up. Name who is responsible before real people sign."
        yield PreflightLine("Who runs it", Level.WARNING, text, url)
        return
    language = campaign.facts.default_language
    notice = url_for("about.privacy", lang=language)
    text = f"{operator.name}, {operator.address}. The privacy notice names them."
    yield PreflightLine("Who runs it", Level.READY, text, notice)


def _page_weight(session: Session, draft: Draft, campaign: Campaign) -> PreflightLine:
    language = campaign.facts.default_language
    loaded = as_published(queries.get(session, draft.campaign_id), campaign)
    page = PageContext(loaded, container.languages[language], container.clock())
    html = render_draft_page(session, page)
    files = static_files()
    loads = {name: files[name].body for name in _STATIC.findall(html) if name in files}
    size = sum(len(gzip.compress(one)) for one in (html.encode(), *loads.values()))
    text = f"{size / 1000:.0f} kB with everything that it loads."
    url = url_for("console.preview_draft")
    if size > PAGE_BUDGET:
        text += f" More than {PAGE_BUDGET // 1000} kB are slow on a phone: shorten the text."
        return PreflightLine("The page", Level.WARNING, text, url)
    return PreflightLine("The page", Level.READY, text, url)


def _rehearsal(session: Session, draft: Draft) -> PreflightLine:
    row, url = queries.get(session, draft.campaign_id), url_for("console.rehearsal")
    name, who = "Rehearsal", row.letter_read_by
    if row.letter_read_version == draft.number:
        return PreflightLine(name, Level.READY, f"{who} has read a letter of this draft.", url)
    text = "Nobody has checked a letter made from this draft yet. Let colleagues sign it first."
    if row.letter_read_version is not None:
        text = f"{who} read a letter of version {row.letter_read_version}; the draft has changed."
    return PreflightLine(name, Level.WARNING, text, url)


def _names(languages: Iterable[str]) -> str:
    return ", ".join(language_name(one, "en") for one in languages)
