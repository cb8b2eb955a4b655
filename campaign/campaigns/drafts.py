"""Drafts: the version of a campaign's bundle that is worked on, beside what is published."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.bundle_letter import doubled
from campaign.campaigns.bundle_words import MAX_NAME
from campaign.campaigns.draft import Draft, Edit, Texts, applied, differs, value_in
from campaign.campaigns.draft_merge import merged_value
from campaign.campaigns.draft_texts import keep_marks, source_of, variants_of_demands
from campaign.campaigns.queries import bundle_versions, campaigns as queries
from campaign.errors import DraftConflict, InvalidText, NotFound
from campaign.language.review import ReviewStatus
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.bundle_document import Path
    from campaign.campaigns.rows import CampaignRow


def create_campaign(
    session: Session, slug: str, name: str, texts: Mapping[str, str], by: str, now: datetime
) -> CampaignRow:
    """Add a campaign with a draft; raise InvalidText if another has or had its address."""
    if queries.find_by_address(session, slug) is not None:
        raise InvalidText("slug-taken")
    try:
        with session.begin_nested():
            row = queries.create(session, slug, name)
    except IntegrityError:
        raise InvalidText("slug-taken") from None
    note = "Created"
    row.draft_version = bundle_versions.add(
        session, row.id, texts, parent=None, by=by, note=note, now=now
    )
    entry = AuditEntry(by, AuditAction.CAMPAIGN_CREATED, f"campaign {slug}")
    audit_log.append(session, entry, now)
    return row


def load_draft(session: Session, campaign_id: int, number: int | None = None) -> Draft:
    """Return a campaign's draft, or one of its versions; raise NotFound if there is none."""
    row = queries.get(session, campaign_id)
    number = (row.draft_version or 0) if number is None else number
    return Draft(campaign_id, number, bundle_versions.files(session, campaign_id, number))


def load_version(session: Session, campaign_id: int, number: int) -> Draft:
    """Return a version that a form names; an empty one if there is none, so that all differs."""
    try:
        return load_draft(session, campaign_id, number)
    except NotFound:
        return Draft(campaign_id, 0, {})


def ensure_draft(
    session: Session, campaign_id: int, write: Callable[[], Texts], now: datetime
) -> None:
    """Begin the draft of a campaign that was published before bundles were kept.

    `write` returns the files that say what is published.
    """
    row = queries.lock(session, campaign_id)
    if row.draft_version is None:
        note = "Written from what is published"
        row.draft_version = row.published_version = bundle_versions.add(
            session, row.id, write(), parent=None, by="", note=note, now=now
        )


def save(
    session: Session,
    campaign_id: int,
    base: int,
    edits: Sequence[Edit],
    by: str,
    now: datetime,
    *,
    note: str,
) -> int:
    """Save what somebody changed in the version `base`; return the number of the draft after it.

    What others saved since stays, where they changed other values or other paragraphs. Raise
    DraftConflict with what they wrote where both changed the same. If nothing differs, no version
    is made.
    """
    row = queries.lock(session, campaign_id)
    current = load_draft(session, campaign_id)
    before = load_version(session, campaign_id, base)
    joined = _joined(before, current, _changes_of(before, edits))
    followed = [*_followed_by_letters(session, current, joined), *joined]
    texts = applied(current.texts, [*_read_no_more(current, followed), *followed])
    behind = _behind_their_source(session, current, edits)
    right = {(edit.file, edit.path) for edit in edits if edit.still_right} - behind
    if texts == current.texts and not right:
        return current.number
    number = _add(session, row, texts, by, note, now)
    bundle_versions.count_as_changed(session, campaign_id, number, right)
    bundle_versions.count_as_unchanged(session, campaign_id, number, behind)
    return number


def _behind_their_source(
    session: Session, current: Draft, edits: Sequence[Edit]
) -> set[tuple[str, Path]]:
    """Return the translations of what somebody changed after it was shown to the translator."""
    versions = {edit.source_version for edit in edits} - {None, current.number}
    seen = {number: load_version(session, current.campaign_id, number or 0) for number in versions}
    return {
        (edit.file, edit.path)
        for edit in edits
        if edit.source_version in seen
        and source_of(seen[edit.source_version], edit.file, edit.path)
        != source_of(current, edit.file, edit.path)
    }


def _read_no_more(current: Draft, edits: Sequence[Edit]) -> Iterator[Edit]:
    """Yield edits after which nobody has read the words of a language that changes."""
    review = current.document(FACTS_FILE).get(("review",)) or {}
    for language in {edit.file.removesuffix(".toml") for edit in edits if edit.path}:
        if review.get(language) == ReviewStatus.REVIEWED:
            yield Edit(FACTS_FILE, ("review", language), ReviewStatus.AWAITING.value)


def _followed_by_letters(session: Session, current: Draft, edits: Sequence[Edit]) -> Iterator[Edit]:
    """Yield edits that let letters say a demand as its page now does, where they said it before.

    A demand of which letters say nothing yet is said, if they say the others in own sentences.
    """
    for edit in edits:
        is_text = edit.path[:1] == ("demands",) and edit.path[2:] == ("text",)
        if not is_text or not edit.value:
            # Her letters keep their sentence while she writes a demand anew.
            continue
        document, place = current.document(edit.file), ("letter", "demands", edit.path[1])
        variants, sentence = document.get(place), doubled(str(edit.value))
        if not variants:
            for key in variants_of_demands(current, edit.file):
                yield Edit(edit.file, (*place, key), sentence)
            continue
        was = document.get(edit.path) or _last_text(session, current, edit)
        for key, text in variants.items():
            if was and text == doubled(str(was)):
                yield Edit(edit.file, (*place, key), sentence)


_LOOK_BACK = 50
"""How many saves a demand may be empty until letters no longer follow it."""


def _last_text(session: Session, current: Draft, edit: Edit) -> object:
    """Return what a text was that is empty now."""
    earlier = bundle_versions.ancestors(session, current.campaign_id, current.number)
    for number in sorted(earlier, reverse=True)[:_LOOK_BACK]:
        if text := value_in(load_version(session, current.campaign_id, number), edit):
            return text
    return None


def keep_aside(
    session: Session,
    campaign_id: int,
    base: int,
    edits: Sequence[Edit],
    by: str,
    now: datetime,
    *,
    note: str,
) -> int:
    """Store what somebody typed as a version of its own, which is not the draft; return its number.

    Her next save begins from it where a field does not show yet what others wrote meanwhile.
    """
    queries.lock(session, campaign_id)
    before = load_version(session, campaign_id, base)
    texts = applied(before.texts, edits)
    return bundle_versions.add(
        session, campaign_id, texts, parent=before.number, by=by, note=note, now=now
    )


def _joined(before: Draft, current: Draft, edits: Sequence[Edit]) -> list[Edit]:
    """Return edits with what others made of the same values; DraftConflict if that clashes."""
    joined: list[Edit] = []
    theirs: dict[tuple[str, Path], object] = {}
    is_gone = _removed_since(before, current)
    removed = {edit.file for edit in edits if is_gone(edit) and edit.file not in current.texts}
    for edit in edits:
        there, was = value_in(current, edit), value_in(before, edit)
        if is_gone(edit):
            theirs[edit.file, edit.path] = there
        elif there in (was, edit.value):
            joined.append(edit)
        elif (together := merged_value(was, edit.value, there)) is not None:
            joined.append(replace(edit, value=together))
        else:
            theirs[edit.file, edit.path] = there
    if theirs:
        raise DraftConflict(current.number, theirs, removed)
    return joined


def _removed_since(before: Draft, current: Draft) -> Callable[[Edit], bool]:
    """Return what tells whether somebody removed what an edit writes in: a language, a demand."""
    demands = set(before.demand_keys) - set(current.demand_keys)

    def is_gone(edit: Edit) -> bool:
        if edit.value in (None, "", []):
            return False
        is_of_demand = edit.path[:1] == ("demands",) or edit.path[:2] == ("letter", "demands")
        has_gone = not demands.isdisjoint(edit.path[1:3])
        return (is_of_demand and has_gone) or (
            edit.file in before.texts and edit.file not in current.texts
        )

    return is_gone


def keep_name(session: Session, campaign_id: int) -> None:
    """Call a campaign of which nothing is published what its draft calls it."""
    row, draft = queries.get(session, campaign_id), load_draft(session, campaign_id)
    name = draft.document(f"{draft.default_language}.toml").get(("name",))
    row.name = str(name or row.name)[:MAX_NAME]


def restore(session: Session, campaign_id: int, number: int, by: str, now: datetime) -> int:
    """Make an earlier version the draft again, as a new one; raise NotFound if there is none."""
    row = queries.lock(session, campaign_id)
    earlier = load_draft(session, campaign_id, number)
    added = _add(session, row, earlier.texts, by, f"Version {number} restored", now)
    keep_marks(session, earlier, added)
    keep_name(session, campaign_id)
    return added


def _changes_of(before: Draft, edits: Sequence[Edit]) -> list[Edit]:
    return [edit for edit in edits if differs(edit.value, value_in(before, edit))]


def _add(
    session: Session, row: CampaignRow, texts: Mapping[str, str], by: str, note: str, now: datetime
) -> int:
    row.draft_version = bundle_versions.add(
        session, row.id, texts, parent=row.draft_version, by=by, note=note, now=now
    )
    return row.draft_version
