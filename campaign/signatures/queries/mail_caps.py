"""How much mail strangers can cause to one address, and who wants none at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, select

from campaign.signatures.rows.counts import MailCapRow, StoppedRow
from campaign.signatures.rules.signature import MAILS_A_DAY
from campaign.store.upsert import insert_into

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session


def take(session: Session, identities: tuple[bytes, ...], day: date, mails: int = 1) -> bool:
    """Count a mail to this address today; say whether it may go. One atomic statement.

    `identities`: under each version of the rules, the newest first: what an older version
    counted today counts with it. `mails`: none for one that does not leave now: the same work,
    and nothing is counted.
    """
    newest, *older = identities
    left = MAILS_A_DAY - (_counted(session, older, day) if older else 0)
    if left < mails:
        return False
    statement = insert_into(session, MailCapRow).values(identity_hash=newest, day=day, mails=mails)
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


def is_stopped(session: Session, identities: tuple[bytes, ...]) -> bool:
    """Say whether this address wants no mail, by the rules of any version."""
    wanted = exists().where(StoppedRow.identity_hash.in_(identities))
    return bool(session.scalar(select(wanted)))


def stop(session: Session, identity_hash: bytes, now: datetime) -> bool:
    """Never write to this address because of a visitor; False if it is so already."""
    statement = insert_into(session, StoppedRow).values(identity_hash=identity_hash, at=now)
    done = session.execute(statement.on_conflict_do_nothing().returning(StoppedRow.identity_hash))
    return done.first() is not None


def forget_days_before(session: Session, day: date) -> None:
    session.execute(delete(MailCapRow).where(MailCapRow.day < day))
