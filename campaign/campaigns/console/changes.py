"""What changes between what is published, or any earlier version, and the draft."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, request

from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.console.history import MAX_NUMBER
from campaign.campaigns.console.labels import FACT_LABELS, FACTS, text_label
from campaign.campaigns.draft_changes import changes_between, mark_words
from campaign.campaigns.drafts import load_draft
from campaign.campaigns.forms.letter import AUTHOR_NAMES, DISPLAY_NAMES
from campaign.campaigns.forms.recipients import ADDRESSING_NAMES, UNION_NAMES, office_names
from campaign.campaigns.queries import bundle_versions, campaigns as queries
from campaign.console.access import console, requires
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.language.formats import language_name
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from campaign.campaigns.draft import Draft
    from campaign.campaigns.draft_changes import Change, MarkedText


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
        groups=_by_file(changes, draft),
    )


def _version(name: str, usual: int | None) -> int | None:
    """Return the number of a version in the URL; one that no campaign reaches is cut."""
    asked = request.args.get(name, usual, type=int)
    return None if asked is None else min(max(asked, 0), MAX_NUMBER)


def summarise(changes: Sequence[Change]) -> str:
    """Return in how many texts of which languages something changes; "" if nothing does."""
    numbers = Counter(change.file for change in changes)
    return ", ".join(f"{_file_label(file)} ({number})" for file, number in numbers.items())


def _by_file(changes: Sequence[Change], draft: Draft) -> Mapping[str, list[ShownChange]]:
    groups: dict[str, list[ShownChange]] = {}
    for change in changes:
        is_fact = change.file == FACTS_FILE
        shown = _changed_fact(change, draft) if is_fact else _changed_text(change, draft)
        groups.setdefault(_file_label(change.file), []).append(shown)
    return groups


def _changed_text(change: Change, draft: Draft) -> ShownChange:
    label = text_label(change.path, draft.demand_keys)
    before, after = mark_words(change.before, change.after)
    return ShownChange(label, change.file.removesuffix(".toml"), before, after)


def _changed_fact(change: Change, draft: Draft) -> ShownChange:
    key = ".".join(change.path)
    label = FACT_LABELS.get(key, key.replace("_", " ").replace(".", ": ").capitalize())
    names = _names_of(key, draft)
    texts = [
        "\n".join(names.get(line, line) for line in text.splitlines())
        for text in (change.before, change.after)
    ]
    return ShownChange(label, "", *mark_words(*texts))


def _names_of(key: str, draft: Draft) -> Mapping[str, str]:
    """Return what the values of a fact are called on the pages where they are chosen."""
    words = draft.document(f"{draft.default_language}.toml")
    names: Mapping[str, Iterable[tuple[str, object]]] = {
        "by": AUTHOR_NAMES,
        "shown": DISPLAY_NAMES,
        "demands": [(one, words.get(("demands", one, "heading"))) for one in draft.demand_keys],
        "governments.union": UNION_NAMES.items(),
        "recipients.offices": office_names(),
        "recipients.to": ADDRESSING_NAMES,
    }
    return {value: str(name or value) for value, name in names.get(key, ())}


def _file_label(file: str) -> str:
    return FACTS if file == FACTS_FILE else language_name(file.removesuffix(".toml"), "en")
