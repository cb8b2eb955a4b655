"""Signatures found by a person's keyed hashes, or by how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, tuple_

from campaign.signatures.rows.signatures import SignatureRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from campaign.signatures.rules.signature import HeldFor, State
    from campaign.signatures.sealing import PersonHashes

_NEWEST = (SignatureRow.created_at.desc(), SignatureRow.id.desc())


@dataclass(frozen=True)
class Wanted:
    """Signatures of one campaign; each other part that is given narrows.

    `source`: empty for those without one. `created_until` is not included, `submitted_by` and
    `confirmed_by` are.
    """

    campaign_id: int
    states: tuple[State, ...] = ()
    held_only: bool = False
    held_for: HeldFor | None = None
    government: str | None = None
    revision_id: int | None = None
    source: str | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    domain_hash: bytes | None = None
    submitted_by: datetime | None = None
    confirmed_by: datetime | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        equal = (
            (SignatureRow.government, self.government),
            (SignatureRow.revision_id, self.revision_id),
            (SignatureRow.source, self.source),
            (SignatureRow.domain_hash, self.domain_hash),
            (SignatureRow.held_for, self.held_for),
        )
        found = [SignatureRow.campaign_id == self.campaign_id]
        found += [column == value for column, value in equal if value is not None]
        if self.states:
            found.append(SignatureRow.state.in_(self.states))
        if self.held_only:
            found.append(SignatureRow.held.expression)
        if self.created_from is not None:
            found.append(SignatureRow.created_at >= self.created_from)
        if self.created_until is not None:
            found.append(SignatureRow.created_at < self.created_until)
        if self.submitted_by is not None:
            found.append(SignatureRow.created_at <= self.submitted_by)
        if self.confirmed_by is not None:
            found.append(SignatureRow.confirmed_at <= self.confirmed_by)
        return found


@dataclass(frozen=True)
class Place:
    """A row in the order that listings have, to go on after it."""

    created_at: datetime
    id: UUID


def listing(
    session: Session, wanted: Wanted, limit: int, after: Place | None = None
) -> Sequence[SignatureRow]:
    """Return signatures, the newest first, or those that follow on a place."""
    statement = select(SignatureRow).where(*wanted.conditions).order_by(*_NEWEST).limit(limit)
    if after is not None:
        place = tuple_(SignatureRow.created_at, SignatureRow.id)
        statement = statement.where(place < tuple_(after.created_at, after.id))
    return session.scalars(statement).all()


def count(session: Session, wanted: Wanted) -> int:
    return session.scalar(select(func.count()).where(*wanted.conditions)) or 0


def of_person(session: Session, hashes: PersonHashes, limit: int) -> Sequence[SignatureRow]:
    """Return what was signed from an address in any spelling, to any campaign."""
    same = or_(
        SignatureRow.identity_hash.in_(hashes.identities), SignatureRow.email_hash == hashes.email
    )
    return session.scalars(select(SignatureRow).where(same).order_by(*_NEWEST).limit(limit)).all()


def of_name(session: Session, name_hash: bytes, limit: int) -> Sequence[SignatureRow]:
    """Return what was signed with this whole name, to any campaign."""
    same = SignatureRow.name_hash == name_hash
    return session.scalars(select(SignatureRow).where(same).order_by(*_NEWEST).limit(limit)).all()
