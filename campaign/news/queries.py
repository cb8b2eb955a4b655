"""Queries on news mails: drafted, queued batch by batch, stopped."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, func, insert, select

from campaign.delivery.queries.transitions import move_all
from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingEvent, OutgoingKind, OutgoingState
from campaign.errors import NotFound
from campaign.news.rows import NewsRow
from campaign.news.rules import NewsState
from campaign.signatures.rows import SignatureRow, SuppressedAddressRow
from campaign.signatures.rules.signature import SignatureState
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from campaign.news.rules import NewsText


def add(
    session: Session,
    news_id: UUID,
    campaign_id: int,
    texts: Mapping[str, NewsText],
    by: str,
    now: datetime,
) -> NewsRow:
    row = NewsRow(
        id=news_id,
        campaign_id=campaign_id,
        texts=to_json(texts),
        created_by=by,
        created_at=now,
        state=NewsState.DRAFT,
    )
    session.add(row)
    session.flush()
    return row


def to_json(texts: Mapping[str, NewsText]) -> dict[str, dict[str, str]]:
    return {language: asdict(text) for language, text in texts.items()}


def get(session: Session, news_id: UUID) -> NewsRow:
    """Return the row; raise NotFound if there is none."""
    row = session.get(NewsRow, news_id)
    if row is None:
        raise NotFound(str(news_id))
    return row


def lock(session: Session, news_id: UUID) -> NewsRow:
    """Return the row, locked until the transaction ends; raise NotFound if there is none."""
    row = session.get(NewsRow, news_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(str(news_id))
    return row


def list_of_campaign(session: Session, campaign_id: int) -> Sequence[NewsRow]:
    """Return a campaign's news, newest first."""
    return session.scalars(
        select(NewsRow).where(NewsRow.campaign_id == campaign_id).order_by(NewsRow.id.desc())
    ).all()


def count_subscribers_by_language(session: Session, campaign_id: int) -> dict[str, int]:
    """Return how many people want this campaign's news, by the language of their signature."""
    rows = session.execute(
        select(SignatureRow.language, func.count())
        .where(_is_subscribed(campaign_id))
        .group_by(SignatureRow.language)
        .order_by(SignatureRow.language)
    )
    return {language: count for language, count in rows}  # noqa: C416 - a Row is no pair to mypy


def is_subscribed(session: Session, campaign_id: int, signature_id: UUID) -> bool:
    """Return whether she still wants this campaign's news."""
    wanted = exists().where(_is_subscribed(campaign_id), SignatureRow.id == signature_id)
    return bool(session.scalar(select(wanted)))


def lock_oldest_sending(session: Session) -> NewsRow | None:
    """Return the news whose mails are queued next; None also if another worker has locked it."""
    return session.scalar(
        select(NewsRow)
        .where(NewsRow.state == NewsState.SENDING)
        .order_by(NewsRow.started_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def has_unattempted_mails(session: Session, news_id: UUID) -> bool:
    """Return whether some mail of this news was never handed to a server."""
    wanted = exists().where(
        OutgoingRow.news_id == news_id,
        OutgoingRow.state.in_([OutgoingState.QUEUED, OutgoingState.CLAIMED]),
        OutgoingRow.first_tried_at.is_(None),
    )
    return bool(session.scalar(select(wanted)))


def next_recipients(session: Session, row: NewsRow, limit: int) -> list[tuple[UUID, str]]:
    """Return the (signature, language) of the people who get this news next."""
    statement = (
        select(SignatureRow.id, SignatureRow.language)
        .where(_is_subscribed(row.campaign_id), SignatureRow.confirmed_at <= row.started_at)
        .order_by(SignatureRow.id)
        .limit(limit)
    )
    if row.last_id is not None:
        statement = statement.where(SignatureRow.id > row.last_id)
    return [(signature_id, language) for signature_id, language in session.execute(statement)]


def enqueue_mails(
    session: Session, news_id: UUID, whom: Sequence[tuple[UUID | None, str]], now: datetime
) -> None:
    """Queue a mail for each (signature, language); one without a signature is a test."""
    mails = [
        {
            "id": uuid7(now),
            "signature_id": signature_id,
            "news_id": news_id,
            "kind": OutgoingKind.NEWS,
            "language": language,
            "state": OutgoingState.QUEUED,
            "queued_at": now,
            "due_at": now,
            "changed_at": now,
        }
        for signature_id, language in whom
    ]
    session.execute(insert(OutgoingRow), mails)


def drop_queued(session: Session, news_id: UUID, now: datetime) -> int:
    """Drop the mails that have not been sent; return how many."""
    of_it = OutgoingRow.news_id == news_id
    return move_all(session, OutgoingEvent.DROP, (OutgoingState.QUEUED,), now, of_it)


def count_mails_by_state(session: Session, news_id: UUID) -> dict[OutgoingState, int]:
    """Return how many of a news's mails to supporters are in each state."""
    rows = session.execute(
        select(OutgoingRow.state, func.count())
        .where(OutgoingRow.news_id == news_id, OutgoingRow.signature_id.is_not(None))
        .group_by(OutgoingRow.state)
    )
    return {state: count for state, count in rows}  # noqa: C416 - a Row is no pair to mypy


def _is_subscribed(campaign_id: int) -> ColumnElement[bool]:
    stopped = exists().where(SuppressedAddressRow.identity_hash == SignatureRow.identity_hash)
    return and_(
        SignatureRow.campaign_id == campaign_id,
        SignatureRow.state == SignatureState.CONFIRMED,
        SignatureRow.send_news,
        ~SignatureRow.held,
        SignatureRow.sealed.is_not(None),
        ~stopped,
    )
