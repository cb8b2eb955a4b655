"""Queries on the versions of campaigns' bundles, of which each file's text is stored once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from campaign.campaigns.bundle_changes import changed_texts
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.rows import BundleTextRow, BundleVersionRow, CampaignRow
from campaign.campaigns.serialization import sha256_hex
from campaign.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.bundle_changes import ChangedTexts
    from campaign.campaigns.bundle_document import Path


def find(session: Session, campaign_id: int, number: int) -> BundleVersionRow:
    """Return a version; raise NotFound if there is none."""
    row = session.get(BundleVersionRow, (campaign_id, number))
    if row is None:
        raise NotFound(f"version {number}")
    return row


def history(
    session: Session, campaign_id: int, limit: int, before: int | None = None
) -> Sequence[BundleVersionRow]:
    """Return the newest versions, or the newest ones before a number."""
    statement = select(BundleVersionRow).where(BundleVersionRow.campaign_id == campaign_id)
    if before is not None:
        statement = statement.where(BundleVersionRow.number < before)
    return session.scalars(statement.order_by(BundleVersionRow.number.desc()).limit(limit)).all()


def files(session: Session, campaign_id: int, number: int) -> dict[str, str]:
    """Return the texts of a version's files by name; raise NotFound if there is no such version."""
    named = find(session, campaign_id, number).files
    texts = select(BundleTextRow.digest, BundleTextRow.content).where(
        BundleTextRow.campaign_id == campaign_id, BundleTextRow.digest.in_(set(named.values()))
    )
    by_digest = {row[0]: row[1] for row in session.execute(texts)}
    return {name: by_digest[digest] for name, digest in sorted(named.items())}


def languages_of_drafts(session: Session) -> dict[int, list[str]]:
    """Return the languages of each campaign's draft."""
    drafts = select(BundleVersionRow.campaign_id, BundleVersionRow.files).join(
        CampaignRow,
        (CampaignRow.id == BundleVersionRow.campaign_id)
        & (CampaignRow.draft_version == BundleVersionRow.number),
    )
    return {
        row[0]: [name.removesuffix(".toml") for name in row[1] if name != FACTS_FILE]
        for row in session.execute(drafts)
    }


def add(
    session: Session,
    campaign_id: int,
    texts: Mapping[str, str],
    *,
    parent: int | None,
    by: str,
    note: str,
    now: datetime,
) -> int:
    """Store a version with these texts, and return its number.

    The caller has locked the campaign, so that two do not take the same number.
    """
    before = files(session, campaign_id, parent) if parent is not None else None
    digests = {name: sha256_hex(text) for name, text in texts.items()}
    known = set(
        session.scalars(
            select(BundleTextRow.digest).where(
                BundleTextRow.campaign_id == campaign_id,
                BundleTextRow.digest.in_(set(digests.values())),
            )
        )
    )
    new = {digests[name]: text for name, text in texts.items() if digests[name] not in known}
    session.add_all(
        BundleTextRow(campaign_id=campaign_id, digest=digest, content=text)
        for digest, text in new.items()
    )
    number = _newest(session, campaign_id) + 1
    session.add(
        BundleVersionRow(
            campaign_id=campaign_id,
            number=number,
            parent=parent,
            files=digests,
            changed=changed_texts(before, texts) if before is not None else {},
            saved_by=by,
            saved_at=now,
            note=note,
        )
    )
    session.flush()
    return number


def count_as_changed(
    session: Session, campaign_id: int, number: int, texts: Collection[tuple[str, Path]]
) -> None:
    """Note texts, by file and place, as some that the version that was just added changed."""
    row = find(session, campaign_id, number)
    for file, path in texts:
        row.changed = {**row.changed, file: [*row.changed.get(file, []), list(path)]}


def count_as_unchanged(
    session: Session, campaign_id: int, number: int, texts: Collection[tuple[str, Path]]
) -> None:
    """Note texts, by file and place, as none that the version that was just added changed."""
    row = find(session, campaign_id, number)
    row.changed = {
        file: [path for path in paths if (file, tuple(path)) not in texts]
        for file, paths in row.changed.items()
    }


def changes(session: Session, campaign_id: int) -> Iterator[tuple[int, ChangedTexts]]:
    """Yield each version's number and which texts it changed, the oldest first."""
    rows = select(BundleVersionRow.number, BundleVersionRow.changed)
    rows = rows.where(BundleVersionRow.campaign_id == campaign_id)
    for row in session.execute(rows.order_by(BundleVersionRow.number)):
        yield row[0], row[1]


def ancestors(session: Session, campaign_id: int, number: int) -> set[int]:
    """Return a version and all that it was made from."""
    rows = select(BundleVersionRow.number, BundleVersionRow.parent)
    found = session.execute(rows.where(BundleVersionRow.campaign_id == campaign_id))
    parents = {row[0]: row[1] for row in found}
    known: set[int] = set()
    current: int | None = number
    while current is not None and current not in known:
        known.add(current)
        current = parents.get(current)
    return known


def has_files(
    session: Session, campaign_id: int, number: int | None, texts: Mapping[str, str]
) -> bool:
    """Return whether a version has exactly these texts."""
    if number is None:
        return False
    digests = {name: sha256_hex(text) for name, text in texts.items()}
    return find(session, campaign_id, number).files == digests


def newest_with_files(session: Session, campaign_id: int, texts: Mapping[str, str]) -> int | None:
    """Return the newest version that has exactly these texts; None if there is none."""
    digests = {name: sha256_hex(text) for name, text in texts.items()}
    rows = select(BundleVersionRow.number, BundleVersionRow.files).where(
        BundleVersionRow.campaign_id == campaign_id
    )
    found = session.execute(rows.order_by(BundleVersionRow.number.desc()))
    return next((row[0] for row in found if row[1] == digests), None)


def _newest(session: Session, campaign_id: int) -> int:
    numbers = select(func.max(BundleVersionRow.number))
    return session.scalar(numbers.where(BundleVersionRow.campaign_id == campaign_id)) or 0
