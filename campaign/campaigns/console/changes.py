"""What changes between what is published, or any earlier version, and the draft."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, request

from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.console.labels import FACT_LABELS, FACTS, text_label
from campaign.campaigns.draft_changes import changes_between, mark_words
from campaign.campaigns.drafts import load_draft
from campaign.campaigns.queries import bundle_versions, campaigns as queries
from campaign.console.access import console, requires
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.language.formats import language_name
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign.campaigns.draft_changes import Change, MarkedText


MAX_NUMBER = 999_999_999


@dataclass(frozen=True)
class ShownChange:
    """A change: what it is about, in which language, and both texts with what differs marked."""

    label: str
    language: str
    before: Sequence[MarkedText]
    after: Sequence[MarkedText]


@console.get("/c/<slug>/draft/changes")
@requires(Permission.EDIT)
def draft_changes() -> Response:
    """Show the draft beside what is published, or other versions that the URL names."""
    chosen = selected_campaign()
    with container.database.reading() as session:
        row = queries.get(session, chosen.campaign_id)
        draft = load_draft(session, chosen.campaign_id)
        since = _version("since", row.published_version)
        before = bundle_versions.files(session, row.id, since) if since is not None else {}
        until = _version("to", draft.number) or draft.number
        after = bundle_versions.files(session, row.id, until)
    changes = changes_between(before, after) if since is not None else []
    return console_page(
        "campaigns/console/changes.html",
        since=since,
        until="the draft" if until == draft.number else f"version {until}",
        is_published=since is not None and since == row.published_version,
        groups=_by_file(changes, draft.demand_keys),
    )


def _version(name: str, usual: int | None) -> int | None:
    """Return the number of a version in the URL; one that no campaign reaches is cut."""
    asked = request.args.get(name, usual, type=int)
    return None if asked is None else min(max(asked, 0), MAX_NUMBER)


def summarise(changes: Sequence[Change]) -> str:
    """Return in how many texts of which languages something changes; "" if nothing does."""
    numbers = Counter(change.file for change in changes)
    return ", ".join(f"{_file_label(file)} ({number})" for file, number in numbers.items())


def _by_file(changes: Sequence[Change], keys: Sequence[str]) -> Mapping[str, list[ShownChange]]:
    groups: dict[str, list[ShownChange]] = {}
    for change in changes:
        before, after = mark_words(change.before, change.after)
        label, language = ".".join(change.path), ""
        if change.file == FACTS_FILE:
            label = FACT_LABELS.get(label, label.replace("_", " ").replace(".", ": ").capitalize())
        else:
            label, language = text_label(change.path, keys), change.file.removesuffix(".toml")
        shown = ShownChange(label, language, before, after)
        groups.setdefault(_file_label(change.file), []).append(shown)
    return groups


def _file_label(file: str) -> str:
    return FACTS if file == FACTS_FILE else language_name(file.removesuffix(".toml"), "en")
