"""Write, preview, test, send and stop news mails."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.errors import AudienceGrew, InvalidFields, NoLongerPossible, NotFound
from campaign.news import queries
from campaign.news.rules import NewsState, choose_language, clean_texts, is_audience_as_shown
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import CampaignCache, LoadedCampaign
    from campaign.delivery.mailer import Mailer
    from campaign.delivery.rules.delivery import Envelope
    from campaign.news.rows import NewsRow
    from campaign.news.rules import NewsText

BATCH = 200
"""Mails per transaction: few, so that people who unsubscribe get none and queues stay short."""


def add_draft(
    session: Session,
    loaded: LoadedCampaign,
    news_id: UUID,
    texts: Mapping[str, NewsText],
    by: str,
    now: datetime,
) -> NewsRow:
    """Store a new draft with its texts by language, under an id that the caller made.

    Raise InvalidFields with every fault, and NotFound for a language that the campaign does not
    have.
    """
    kept = _clean_texts(loaded, texts)
    return queries.add(session, news_id, loaded.campaign_id, kept, by, now)


def change_draft(
    session: Session, loaded: LoadedCampaign, news_id: UUID, texts: Mapping[str, NewsText]
) -> NewsRow:
    """Replace all texts of a draft.

    Raise what `add_draft` does, and NoLongerPossible if it is not a draft any more.
    """
    kept = _clean_texts(loaded, texts)
    row = _locked_draft(session, loaded, news_id)
    row.texts = queries.to_json(kept)
    return row


def version_token(row: NewsRow) -> str:
    """Return a token that changes when the mail is changed or sent."""
    stands = json.dumps([row.state, row.texts], sort_keys=True)
    return sha256(stands.encode()).hexdigest()[:16]


def require_unchanged(session: Session, news_id: UUID, seen: str) -> None:
    """Lock a mail; raise NoLongerPossible if it was changed since a page showed it."""
    if version_token(queries.lock(session, news_id)) != seen:
        raise NoLongerPossible("changed")


def subject_of(loaded: LoadedCampaign, row: NewsRow) -> str:
    """Return the subject in the campaign's default language, or else in one that there is."""
    language = choose_language(row.texts, "", loaded.campaign.facts.default_language)
    return row.texts[language]["subject"]


def count_subscribers(session: Session, loaded: LoadedCampaign) -> dict[str, int]:
    """Return how many people would get news now, by the language of their signature."""
    return queries.count_subscribers_by_language(session, loaded.campaign_id)


def preview(
    session: Session,
    mailer: Mailer,
    loaded: LoadedCampaign,
    news_id: UUID,
    language: str,
    now: datetime,
) -> Envelope:
    """Return the mail as it is sent to people who signed in that language; queue nothing.

    It is addressed to the organisers, and its unsubscribe link does nothing.
    """
    row = _require_campaign(queries.get(session, news_id), loaded)
    mail = OutgoingRow(
        id=uuid7(now),
        news_id=row.id,
        kind=OutgoingKind.NEWS,
        language=_sent_language(loaded, row, language),
        queued_at=now,
    )
    return mailer.mail(session, mail, live=False, now=now)


def send_test(
    session: Session, loaded: LoadedCampaign, news_id: UUID, language: str, now: datetime
) -> None:
    """Queue the same mail to the organisers' own address."""
    row = _require_campaign(queries.get(session, news_id), loaded)
    queries.enqueue_mails(session, row.id, [(None, _sent_language(loaded, row, language))], now)


def start_sending(
    session: Session, loaded: LoadedCampaign, news_id: UUID, shown: int, by: str, now: datetime
) -> int:
    """Let the workers send a draft; return how many people get it.

    `shown`: how many the organiser was shown. Raise AudienceGrew if there are clearly more by now,
    and NoLongerPossible if it is not a draft any more, or nobody wants news.
    """
    row = _locked_draft(session, loaded, news_id)
    _sent_language(loaded, row, "")
    total = sum(count_subscribers(session, loaded).values())
    if not total:
        raise NoLongerPossible("nobody wants news")
    if not is_audience_as_shown(total, shown):
        raise AudienceGrew(total)
    row.state, row.total, row.started_at = NewsState.SENDING, total, now
    entry = AuditEntry(
        by, AuditAction.NEWS_STARTED, f"news {row.id}", subject_of(loaded, row), number=total
    )
    audit_log.append(session, entry, now)
    return total


def stop_sending(
    session: Session, loaded: LoadedCampaign, news_id: UUID, by: str, now: datetime
) -> int:
    """Drop every mail that has not been sent; return how many people get none.

    Raise NoLongerPossible for a draft and for news that was stopped before.
    """
    row = _require_campaign(queries.lock(session, news_id), loaded)
    if row.state not in {NewsState.SENDING, NewsState.DONE}:
        raise NoLongerPossible(row.state)
    unqueued = max(row.total - row.queued, 0) if row.state is NewsState.SENDING else 0
    spared = unqueued + queries.drop_queued(session, row.id, now)
    row.state, row.finished_at = NewsState.STOPPED, now
    entry = AuditEntry(
        by, AuditAction.NEWS_STOPPED, f"news {row.id}", subject_of(loaded, row), number=spared
    )
    audit_log.append(session, entry, now)
    return spared


def queue_next_batch(session: Session, campaign_cache: CampaignCache, now: datetime) -> int:
    """Queue the next mails of the oldest news being sent; return how many.

    Only after each of the previous ones was tried: while the mail server is down, the queue does
    not grow. When nobody is left, the news is done.
    """
    row = queries.lock_oldest_sending(session)
    if row is None or queries.has_unattempted_mails(session, row.id):
        return 0
    readers = queries.next_recipients(session, row, BATCH)
    if not readers:
        row.state, row.finished_at = NewsState.DONE, now
        return 0
    default = campaign_cache.by_id(session, row.campaign_id).campaign.facts.default_language
    whom = [(reader, choose_language(row.texts, language, default)) for reader, language in readers]
    queries.enqueue_mails(session, row.id, whom, now)
    row.queued += len(readers)
    row.last_id = readers[-1][0]
    return len(readers)


def _locked_draft(session: Session, loaded: LoadedCampaign, news_id: UUID) -> NewsRow:
    row = _require_campaign(queries.lock(session, news_id), loaded)
    if row.state is not NewsState.DRAFT:
        raise NoLongerPossible(row.state)
    return row


def _sent_language(loaded: LoadedCampaign, row: NewsRow, language: str) -> str:
    """Return the language to send; raise InvalidFields if neither it nor the default has a text."""
    default = loaded.campaign.facts.default_language
    if language not in row.texts and default not in row.texts:
        raise InvalidFields({f"subject-{default}": "no-subject"})
    return choose_language(row.texts, language, default)


def _clean_texts(loaded: LoadedCampaign, texts: Mapping[str, NewsText]) -> dict[str, NewsText]:
    for language in texts:
        if language not in loaded.campaign.revision.languages:
            raise NotFound(language)
    return clean_texts(texts)


def _require_campaign(row: NewsRow, loaded: LoadedCampaign) -> NewsRow:
    if row.campaign_id != loaded.campaign_id:
        raise NotFound(str(row.id))
    return row
