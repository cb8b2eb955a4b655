"""Queries on campaigns and the revisions that signatures endorse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import aliased

from campaign.campaigns.rows import (
    BundleTextRow,
    BundleVersionRow,
    CampaignAddressRow,
    CampaignRow,
    RevisionRow,
    ScheduledPublicationRow,
)
from campaign.campaigns.serialization import parse_facts
from campaign.errors import CampaignMoved, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import CursorResult
    from sqlalchemy.orm import Session

    from campaign.campaigns.rows import RevisionOrigin

_OTHERS = aliased(RevisionRow)
_WORDINGS = (
    select(func.count(func.distinct(_OTHERS.wording)))
    .where(_OTHERS.campaign_id == CampaignRow.id, _OTHERS.published_at.is_not(None))
    .correlate(CampaignRow)
    .scalar_subquery()
)
# Built once: nearly every request looks up its campaign.
_CURRENT = select(
    CampaignRow.id,
    CampaignRow.uid,
    CampaignRow.slug,
    RevisionRow.id,
    RevisionRow.digest,
    CampaignRow.facts,
    CampaignRow.attacked_since,
    RevisionRow.wording,
    _WORDINGS,
    CampaignRow.rehearses_id.is_not(None),
).join(RevisionRow, (RevisionRow.campaign_id == CampaignRow.id) & RevisionRow.current)
_BY_SLUG = _CURRENT.where(CampaignRow.slug == bindparam("slug"))


@dataclass(frozen=True)
class StoredCampaign:
    """A campaign's facts and current revision as stored, with their ids.

    `wording`: the number of the current one. `wordings`: how many were ever published.
    `is_rehearsal`: nothing of it counts, and no list has it.
    """

    campaign_id: int
    uid: str
    slug: str
    revision_id: int
    digest: str
    facts: str
    attacked_since: datetime | None
    wording: int
    wordings: int
    is_rehearsal: bool


def by_slug(session: Session, slug: str) -> StoredCampaign:
    """Return the campaign with that slug.

    Raise NotFound if there is none, CampaignMoved if one had it before.
    """
    if "\0" in slug:
        # PostgreSQL rejects NUL in text.
        raise NotFound(slug)
    row = session.connection().execute(_BY_SLUG, {"slug": slug}).first()
    if row is None:
        now_at = current_address(session, slug, is_published=True)
        raise CampaignMoved(now_at) if now_at else NotFound(slug)
    return StoredCampaign(*row)


def current_address(session: Session, slug: str, *, is_published: bool = False) -> str | None:
    """Return the address of the campaign that had this one before, or None.

    `is_published`: only of one that the public can see.
    """
    wanted = select(CampaignRow.slug).join(
        CampaignAddressRow, CampaignAddressRow.campaign_id == CampaignRow.id
    )
    if is_published:
        wanted = wanted.join(
            RevisionRow, (RevisionRow.campaign_id == CampaignRow.id) & RevisionRow.current
        )
    return session.scalar(wanted.where(CampaignAddressRow.slug == slug.replace("\0", "")))


def all_current(session: Session) -> list[StoredCampaign]:
    """Return all published campaigns; a rehearsal is none."""
    real = _CURRENT.where(CampaignRow.rehearses_id.is_(None))
    return [StoredCampaign(*row) for row in session.execute(real.order_by(CampaignRow.slug))]


def by_id(session: Session, campaign_id: int) -> StoredCampaign:
    row = session.execute(_CURRENT.where(CampaignRow.id == campaign_id)).one()
    return StoredCampaign(*row)


def revision_document(session: Session, revision_id: int) -> str:
    statement = select(RevisionRow.document).where(RevisionRow.id == revision_id)
    return session.execute(statement).scalar_one()


def revision_digest(session: Session, revision_id: int) -> str:
    statement = select(RevisionRow.digest).where(RevisionRow.id == revision_id)
    return session.execute(statement).scalar_one()


def revision_digests(session: Session, campaign_id: int) -> dict[int, str]:
    """Return the hash of each of a campaign's revisions by revision id, newest first."""
    statement = (
        select(RevisionRow.id, RevisionRow.digest)
        .where(RevisionRow.campaign_id == campaign_id)
        .order_by(RevisionRow.id.desc())
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def wording_numbers(session: Session, campaign_id: int) -> dict[int, int]:
    """Return the wording number of each of a campaign's revisions, by revision id."""
    statement = select(RevisionRow.id, RevisionRow.wording)
    found = session.execute(statement.where(RevisionRow.campaign_id == campaign_id))
    return {row[0]: row[1] for row in found}


def get_or_create(session: Session, slug: str) -> CampaignRow:
    """Return the row of the campaign that has or had this address, locked; create one if needed."""
    row = find_by_address(session, slug)
    return row or create(session, slug)


def find_by_address(session: Session, slug: str) -> CampaignRow | None:
    """Return the row of the campaign that has this address, or else had it before; locked."""
    row = session.scalar(
        select(CampaignRow).where(CampaignRow.slug == slug).with_for_update(key_share=True)
    )
    if row is not None:
        return row
    before = session.get(CampaignAddressRow, slug)
    return lock(session, before.campaign_id) if before else None


def create(session: Session, slug: str, name: str = "") -> CampaignRow:
    """Add a campaign of which nothing is published yet."""
    row = CampaignRow(uid=str(uuid4()), slug=slug, facts="", name=name)
    session.add(row)
    session.flush()
    return row


def get(session: Session, campaign_id: int) -> CampaignRow:
    row = session.get(CampaignRow, campaign_id)
    if row is None:
        raise NotFound(f"campaign {campaign_id}")
    return row


def all_rows(session: Session) -> Sequence[CampaignRow]:
    """Return all campaigns, also those of which nothing is published; a rehearsal is none."""
    real = select(CampaignRow).where(CampaignRow.rehearses_id.is_(None))
    return session.scalars(real.order_by(CampaignRow.slug)).all()


def with_letters_to_drop(session: Session) -> list[int]:
    """Return the campaigns that were closed so that what they have not sent is dropped."""
    closed = CampaignRow.drops_letters, CampaignRow.rehearses_id.is_(None)
    return list(session.scalars(select(CampaignRow.id).where(*closed)))


def archived(session: Session) -> set[int]:
    """Return the campaigns that accept nothing any more."""
    rows = session.execute(select(CampaignRow.id, CampaignRow.facts))
    return {row[0] for row in rows if row[1] and parse_facts(row[1]).archived_on is not None}


def keep_address(session: Session, slug: str, campaign_id: int, now: datetime) -> None:
    """Let an address that a campaign had lead to it."""
    session.add(CampaignAddressRow(slug=slug, campaign_id=campaign_id, until=now))


def take_address_back(session: Session, slug: str) -> None:
    """Free an address that a campaign had before, as it has it again."""
    session.execute(delete(CampaignAddressRow).where(CampaignAddressRow.slug == slug))


def delete_revisions(session: Session, campaign_id: int) -> None:
    """Delete all revisions of a campaign that nobody has signed."""
    session.execute(delete(RevisionRow).where(RevisionRow.campaign_id == campaign_id))


def delete_campaign(session: Session, campaign_id: int) -> None:
    """Delete a campaign of which nothing is published, with its files."""
    for table in (ScheduledPublicationRow, BundleVersionRow, BundleTextRow, CampaignAddressRow):
        session.execute(delete(table).where(table.campaign_id == campaign_id))
    session.execute(delete(CampaignRow).where(CampaignRow.id == campaign_id))


def lock(session: Session, campaign_id: int, *, alone: bool = False) -> CampaignRow:
    """Return a campaign's row, locked. Who is `alone` with it keeps signatures waiting, too."""
    row = session.get(
        CampaignRow,
        campaign_id,
        with_for_update={"key_share": not alone},
        populate_existing=True,
    )
    if row is None:
        raise NotFound(f"campaign {campaign_id}")
    return row


def find_revision(session: Session, campaign_id: int, digest: str) -> RevisionRow | None:
    return session.scalar(
        select(RevisionRow).where(
            RevisionRow.campaign_id == campaign_id, RevisionRow.digest == digest
        )
    )


def add_revision(
    session: Session,
    campaign_id: int,
    digest: str,
    document: str,
    origin: RevisionOrigin,
    now: datetime,
) -> RevisionRow:
    row = RevisionRow(
        campaign_id=campaign_id, digest=digest, document=document, origin=origin, created_at=now
    )
    session.add(row)
    session.flush()
    return row


def current_revision(session: Session, campaign_id: int) -> RevisionRow | None:
    return session.scalar(
        select(RevisionRow).where(RevisionRow.campaign_id == campaign_id, RevisionRow.current)
    )


def make_current(session: Session, revision: RevisionRow, now: datetime) -> None:
    """Make this the revision that new signatures endorse."""
    session.execute(
        update(RevisionRow)
        .where(RevisionRow.campaign_id == revision.campaign_id, RevisionRow.current)
        .values(current=False)
    )
    revision.current = True
    revision.published_at = revision.published_at or now
    session.flush()


def latest_wording_number(session: Session, campaign_id: int) -> int:
    """Return the highest number of a campaign's published wordings; 0 if there is none."""
    published = select(func.coalesce(func.max(RevisionRow.wording), 0)).where(
        RevisionRow.campaign_id == campaign_id, RevisionRow.published_at.is_not(None)
    )
    return session.scalar(published) or 0


def published_revisions(session: Session, campaign_id: int) -> Sequence[RevisionRow]:
    """Return the revisions that were ever current, in the order in which they first were."""
    return session.scalars(
        select(RevisionRow)
        .where(RevisionRow.campaign_id == campaign_id, RevisionRow.published_at.is_not(None))
        .order_by(RevisionRow.published_at, RevisionRow.id)
    ).all()


def set_attack_mode(session: Session, campaign_id: int, since: datetime | None) -> bool:
    """Turn attack mode on (`since`) or off (None); return False if it was already so."""
    was_so = CampaignRow.attacked_since.is_not(None) == (since is not None)
    changed = session.execute(
        update(CampaignRow)
        .where(CampaignRow.id == campaign_id, ~was_so)
        .values(attacked_since=since)
    )
    return cast("CursorResult[Any]", changed).rowcount == 1


def retention_notice_dates(session: Session) -> dict[int, date]:
    """Return the day on which organisers were told of a campaign's erasure, by campaign id."""
    told = select(CampaignRow.id, CampaignRow.retention_told_on)
    return {row[0]: row[1] for row in session.execute(told) if row[1] is not None}


def record_retention_notice(session: Session, campaign_id: int, day: date) -> None:
    session.execute(
        update(CampaignRow).where(CampaignRow.id == campaign_id).values(retention_told_on=day)
    )
