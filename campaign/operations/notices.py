"""Mail organisers about what needs them, at most once a day about each matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from campaign.campaigns.queries import campaigns, schedule
from campaign.campaigns.rules.campaign import erasure_date, was_announced
from campaign.delivery.mailer import RenderedMail, render_mail
from campaign.delivery.queries import letter_lists, mails
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.errors import NoLongerPossible, NotFound
from campaign.language.catalogue import SOURCE_LANGUAGE
from campaign.language.text import normalise_name
from campaign.organisers.queries import audit_log, campaign_roles, notices, organisers
from campaign.organisers.rules.audit_log import AuditAction
from campaign.organisers.rules.notices import NOTICE_PERMISSION, Notice
from campaign.organisers.sealing import unseal_organiser_email
from campaign.privacy.queries import retention
from campaign.recipients.queries import directory
from campaign.signatures.queries import statistics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import CampaignCache, LoadedCampaign
    from campaign.delivery.message_builder import MessageBuilder
    from campaign.delivery.queries.letter_lists import FailedLetters
    from campaign.delivery.rows import OutgoingRow
    from campaign.organisers.rows import OrganiserRow
    from campaign.store.database import Database


@dataclass(frozen=True)
class Matter:
    """Something that needs an organiser, when it last happened, and where she sees to it.

    `campaign_id`: None if it is about the site, which only site owners see to. `not_for`: who
    cannot settle it, as she asked for it.
    """

    campaign_id: int | None
    name: str
    text: str
    path: str
    happened_at: datetime
    not_for: str = ""


def _approval_needed(session: Session, _cache: CampaignCache) -> Iterator[Matter]:
    for one in directory.waiting_imports(session):
        yield Matter(
            None,
            "Recipients",
            f"{one.proposed_by} proposed import {one.id}. It waits for a second person.",
            "/console/",
            one.proposed_at,
        )
    for row in schedule.waiting(session):
        found = campaigns.get(session, row.campaign_id)
        yield Matter(
            row.campaign_id,
            found.name,
            f"{row.stated_by} wants to publish version {row.version}. A second person approves it.",
            f"/console/c/{found.slug}/publication",
            row.stated_at or row.publish_at,
            not_for=row.stated_by,
        )
    for row in schedule.failed(session):
        found = campaigns.get(session, row.campaign_id)
        yield Matter(
            row.campaign_id,
            found.name,
            "what was scheduled could not be published.",
            f"/console/c/{found.slug}/publication",
            row.failed_at or row.publish_at,
        )


def _letters_failed(session: Session, cache: CampaignCache) -> Iterator[Matter]:
    for loaded in cache.all(session):
        failed = letter_lists.count_failed(session, loaded.campaign_id)
        if failed.last_at is not None:
            yield _of_campaign(loaded, " ".join(_failures(failed)), failed.last_at)


def _failures(failed: FailedLetters) -> Iterator[str]:
    if failed.returned:
        came = "letter came back or was" if failed.returned == 1 else "letters came back or were"
        yield f"{failed.returned} {came} refused."
    if failed.uncertain:
        letters = "letter" if failed.uncertain == 1 else "letters"
        yield f"{failed.uncertain} {letters} may not have arrived. Decide whether to send again."


def _signatures_held(session: Session, cache: CampaignCache) -> Iterator[Matter]:
    for loaded in cache.all(session):
        number, last_at = statistics.confirmed_and_held(session, loaded.campaign_id)
        since = loaded.attacked_since
        happened = [one for one in (last_at, since) if one is not None]
        if happened:
            yield _of_campaign(loaded, " ".join(_holds(number, since)), max(happened))


def _holds(number: int, since: datetime | None) -> Iterator[str]:
    if number:
        are_held = "signature is held" if number == 1 else "signatures are held"
        yield f"{number} confirmed {are_held} and not counted."
    if since is not None:
        yield f"Attack mode has been on since {since:%Y-%m-%d %H:%M} UTC."


def _erasure_near(session: Session, cache: CampaignCache) -> Iterator[Matter]:
    told = campaigns.retention_notice_dates(session)
    for loaded in cache.all(session):
        told_on, facts = told.get(loaded.campaign_id), loaded.campaign.facts
        is_left = retention.has_personal_data(session, loaded.campaign_id, None)
        if told_on is not None and was_announced(facts, told_on) and is_left:
            text = (
                f"everything personal will be erased on or after {erasure_date(facts)}. The counts"
                " stay. If you still have to hand over names, create the packs now."
            )
            about = f"campaign {loaded.slug}"
            announced = audit_log.last_at(session, AuditAction.RETENTION_TOLD, about)
            # A campaign that moved since has another address in the log.
            happened_at = announced or datetime.combine(told_on, time(), UTC)
            yield _of_campaign(loaded, text, happened_at)


def _of_campaign(loaded: LoadedCampaign, text: str, happened_at: datetime) -> Matter:
    """Return a matter of a campaign; its mail is in English, as the console is."""
    name = loaded.campaign.words_in(SOURCE_LANGUAGE).name
    path = f"/console/c/{loaded.slug}/"
    return Matter(loaded.campaign_id, name, text, path, happened_at)


_MATTERS: dict[Notice, Callable[[Session, CampaignCache], Iterator[Matter]]] = {
    Notice.APPROVAL_NEEDED: _approval_needed,
    Notice.LETTERS_FAILED: _letters_failed,
    Notice.SIGNATURES_HELD: _signatures_held,
    Notice.ERASURE_NEAR: _erasure_near,
}


@dataclass(frozen=True)
class OrganiserNotifier:
    """Queues the mails that organisers are due."""

    database: Database
    campaign_cache: CampaignCache
    clock: Callable[[], datetime]

    def notify(self) -> None:
        now = self.clock()
        with self.database.reading() as session:
            found = {
                one: list(look(session, self.campaign_cache)) for one, look in _MATTERS.items()
            }
        if not any(found.values()):
            return
        with self.database.writing() as session:
            for organiser in notices.reachable(session):
                for notice, matters in found.items():
                    _notify(session, organiser, notice, matters, now)


def _notify(
    session: Session, organiser: OrganiserRow, notice: Notice, matters: list[Matter], now: datetime
) -> None:
    hers = _matters_of(session, organiser, matters)
    if not hers:
        return
    happened_at = max(one.happened_at for one in hers)
    if notices.claim(session, organiser.id, notice, happened_at, now):
        kind = OutgoingKind(notice.value)
        mails.enqueue_notification(session, kind, None, now, organiser_id=organiser.id)


def _matters_of(
    session: Session, organiser: OrganiserRow, matters: Iterable[Matter]
) -> list[Matter]:
    may = campaign_roles.may(session, organiser, NOTICE_PERMISSION)
    return [
        one
        for one in matters
        if not one.not_for or normalise_name(one.not_for) != normalise_name(organiser.name)
        if (organiser.site_owner if one.campaign_id is None else may(one.campaign_id))
    ]


@dataclass(frozen=True)
class NoticeMailWriter:
    """Writes an organiser's mail about a matter as it is when the mail leaves (a `MailWriter`)."""

    message_builder: MessageBuilder

    def __call__(self, session: Session, row: OutgoingRow, _written_at: datetime) -> RenderedMail:
        """Return the mail; raise NoLongerPossible if nothing needs her any more."""
        message_builder, notice = self.message_builder, Notice(row.kind.value)
        organiser = organisers.find(session, row.organiser_id) if row.organiser_id else None
        if organiser is None:
            raise NotFound(str(row.organiser_id))
        found = _MATTERS[notice](session, message_builder.campaign_cache)
        hers = [] if organiser.ended_at else _matters_of(session, organiser, found)
        if not hers or notice not in notices.wanted_by(session, organiser.id):
            raise NoLongerPossible("nothing that needs her")
        url = message_builder.links.absolute_url
        text = render_mail(
            message_builder,
            row,
            matters=[(one, url(one.path)) for one in hers],
            account_url=url("/console/account"),
        )
        email = unseal_organiser_email(message_builder.keyring, organiser.id, organiser.sealed)
        return RenderedMail(email, text, message_builder.operator)
