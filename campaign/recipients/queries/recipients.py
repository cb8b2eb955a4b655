"""Recipients: where letters go, and whether a person has checked that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlalchemy.orm import lazyload

from campaign.errors import NotFound
from campaign.recipients.queries import addresses
from campaign.recipients.rows import RecipientRow
from campaign.recipients.rules.directory import EntryKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from campaign.recipients.rules.recipient import ReferenceRecipient


@dataclass(frozen=True)
class RecipientSearch:
    """Which recipients to list: `words` in the key, or a government; None among all of them."""

    among: Collection[str] | None = None
    words: str = ""
    governments: Collection[str] = ()


def sync_reference_data(session: Session, reference: Iterable[ReferenceRecipient]) -> None:
    """Update names and addresses from the reference data, except what a person has checked."""
    # Locked: an address that is being verified at this moment must not change meanwhile.
    rows = session.scalars(select(RecipientRow).order_by(RecipientRow.key).with_for_update())
    known = {row.key: row for row in rows}
    for recipient in reference:
        row = known.get(recipient.key)
        if row is None:
            row = RecipientRow(key=recipient.key, zone=recipient.zone)
            session.add(row)
        row.names, row.titles = dict(recipient.names), dict(recipient.titles)
        row.letter_languages = list(recipient.letter_languages)
        row.website = recipient.website
        for name, told in (row.imported or {}).items():
            set_imported(row, name, told["value"])
        addresses.sync_reference_addresses(row, recipient)
    session.flush()


def set_imported(row: RecipientRow, name: str, value: str) -> None:
    """Set what an organiser imported: `name` is its kind, and its language if it has one."""
    kind, _, language = name.partition(" ")
    if kind == EntryKind.NAME:
        row.names = {**row.names, language: value}
    elif kind == EntryKind.TITLE:
        row.titles = {**row.titles, language: value}
    elif kind == EntryKind.LANGUAGES:
        row.letter_languages = value.split()
    elif kind == EntryKind.WEBSITE:
        row.website = value
    elif kind == EntryKind.ZONE:
        row.zone = value


_STRONG_REFS = "recipients"


def list_all(session: Session) -> Sequence[RecipientRow]:
    return session.scalars(select(RecipientRow).order_by(RecipientRow.key)).all()


def search(
    session: Session, wanted: RecipientSearch, limit: int | None = None, after: str = ""
) -> Sequence[RecipientRow]:
    """Return the recipients that match, sorted by key; with `after`, only those after that key."""
    statement = select(RecipientRow).where(RecipientRow.key > after)
    if wanted.among is not None:
        statement = statement.where(RecipientRow.key.in_(wanted.among))
    if wanted.words:
        in_key = RecipientRow.key.icontains(wanted.words, autoescape=True)
        of_country = func.substr(RecipientRow.key, 1, 2).in_(wanted.governments)
        statement = statement.where(or_(in_key, of_country))
    return session.scalars(statement.order_by(RecipientRow.key).limit(limit)).all()


def all_keys(session: Session) -> set[str]:
    return set(session.scalars(select(RecipientRow.key)))


def get(session: Session, key: str) -> RecipientRow:
    row = session.get(RecipientRow, key)
    if row is None:
        raise NotFound(key)
    # The session drops what nothing references, and would query again for each of many letters.
    session.info.setdefault(_STRONG_REFS, set()).add(row)
    return row


def with_keys(session: Session, keys: Iterable[str]) -> Sequence[RecipientRow]:
    """Return these recipients, in one query."""
    wanted = RecipientRow.key.in_(set(keys))
    return session.scalars(select(RecipientRow).where(wanted).order_by(RecipientRow.key)).all()


def lock_with_keys(session: Session, keys: Iterable[str]) -> dict[str, RecipientRow]:
    """Return these recipients by key, locked in the order of their keys."""
    wanted = RecipientRow.key.in_(set(keys))
    ordered = select(RecipientRow).where(wanted).order_by(RecipientRow.key)
    locked = ordered.with_for_update().execution_options(populate_existing=True)
    return {row.key: row for row in session.scalars(locked)}


def in_trouble(session: Session) -> Sequence[RecipientRow]:
    """Return the recipients that are paused, or whose last letters bounced or were refused."""
    paused, bounced = RecipientRow.paused_on.is_not(None), RecipientRow.bounces > 0
    either = or_(paused, bounced, RecipientRow.refused_for_good > 0)
    return session.scalars(select(RecipientRow).where(either).order_by(RecipientRow.key)).all()


def paused_until_before(session: Session, day: date) -> Sequence[str]:
    """Return the keys of recipients whose pause was to end before that day."""
    over = RecipientRow.paused_on.is_not(None) & (RecipientRow.paused_until < day)
    return session.scalars(select(RecipientRow.key).where(over).order_by(RecipientRow.key)).all()


def lock(session: Session, key: str) -> RecipientRow:
    # Addresses are loaded where they are needed: mostly only the pace is.
    options = [lazyload(RecipientRow.addresses)]
    row = session.get(RecipientRow, key, with_for_update=True, options=options)
    if row is None:
        raise NotFound(key)
    return row
