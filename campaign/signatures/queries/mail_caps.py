"""Mail caps: how much mail strangers can cause to one address; and suppressed addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, select

from campaign.signatures.rows import MailCapRow, SuppressedAddressRow
from campaign.signatures.rules.signature import MAX_MAILS_PER_DAY
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session


def consume(session: Session, identities: tuple[bytes, ...], day: date, mails: int = 1) -> bool:
    """Count a mail to this address today; return whether it may be sent. One atomic statement.

    `identities`: the address's hashes under each version of the rules, newest first; what an older
    version counted today is included. `mails`: 0 for a mail that is not sent now: the same work,
    but nothing is counted.
    """
    newest, *older = identities
    left = MAX_MAILS_PER_DAY - (_counted(session, older, day) if older else 0)
    if left < mails:
        return False
    statement = dialect_insert(session, MailCapRow).values(
        identity_hash=newest, day=day, mails=mails
    )
    counted = statement.on_conflict_do_update(
        index_elements=[MailCapRow.identity_hash, MailCapRow.day],
        set_={"mails": MailCapRow.mails + mails},
        where=MailCapRow.mails + mails <= left,
    ).returning(MailCapRow.mails)
    return session.execute(counted).first() is not None


def _counted(session: Session, identities: list[bytes], day: date) -> int:
    counted = select(func.sum(MailCapRow.mails)).where(
        MailCapRow.identity_hash.in_(identities), MailCapRow.day == day
    )
    return session.scalar(counted) or 0


def is_suppressed(session: Session, identities: tuple[bytes, ...]) -> bool:
    """Return whether this address is suppressed, by the rules of any version."""
    wanted = exists().where(SuppressedAddressRow.identity_hash.in_(identities))
    return bool(session.scalar(select(wanted)))


def suppress(session: Session, identity_hash: bytes, now: datetime) -> bool:
    """Suppress mail that visitors cause to this address; return False if it already was."""
    statement = dialect_insert(session, SuppressedAddressRow).values(
        identity_hash=identity_hash, at=now
    )
    done = session.execute(
        statement.on_conflict_do_nothing().returning(SuppressedAddressRow.identity_hash)
    )
    return done.first() is not None


def delete_before(session: Session, day: date) -> None:
    session.execute(delete(MailCapRow).where(MailCapRow.day < day))
