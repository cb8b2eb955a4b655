"""Filing of inbound messages that fit no letter: an owner says what they answer.

Under its letter a message is an answer like any other: it counts, and is forwarded to the
supporter who wrote the letter. One that answers many letters at once, or the campaign, stays with
the organisers: a digest contains the words of many people, and an answer may quote them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.queries import campaigns as queries
from campaign.campaigns.rules.campaign import is_erasure_due
from campaign.delivery.answers import mark_as_answer, parse_content, review_reason
from campaign.delivery.deliver import log_fault
from campaign.delivery.queries import attempts, digests, inbound
from campaign.delivery.rules.delivery import InboundKind
from campaign.delivery.sealing import seal_answer, unseal_inbound
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.queries import letters
from campaign.letters.rules.letter import LetterState
from campaign.mail import incoming
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import CampaignCache, LoadedCampaign
    from campaign.delivery.rows import InboundRow
    from campaign.letters.rows import LetterRow
    from campaign.mail.incoming import IncomingMessage
    from campaign.operator import Operator
    from campaign.store.keyring import Keyring


@dataclass(frozen=True)
class SentDigest:
    """A digest that was sent: to which recipient, with how many letters of which campaign."""

    id: UUID
    campaign_id: int
    recipient: str
    letters: int


@dataclass(frozen=True)
class InboundFiler:
    """Filing of messages where a person says that they belong; the audit log says who."""

    keyring: Keyring
    campaign_cache: CampaignCache
    by: str

    def file_under(self, session: Session, inbound_id: UUID, number: UUID, now: datetime) -> str:
        """File a message under the letter or digest with this id; return which of the two it was.

        Raise NotFound if there is no such message or nothing was sent under this id, and
        NoLongerPossible if the message is already filed under a letter or the data was erased.
        """
        if letters.find(session, number) is not None:
            self._under_letter(session, inbound_id, number, now)
            return f"letter {number}"
        daily = find_digest(session, number)
        if daily is None:
            raise NotFound(str(number))
        loaded = self.campaign_cache.by_id(session, daily.campaign_id)
        self._file_for_organisers(session, inbound_id, loaded, daily.id, now)
        return f"daily mail {number}"

    def file_under_campaign(
        self, session: Session, inbound_id: UUID, loaded: LoadedCampaign, now: datetime
    ) -> None:
        """File a message under a campaign; raise the same errors as `file_under`."""
        self._file_for_organisers(session, inbound_id, loaded, None, now)

    def _under_letter(
        self, session: Session, inbound_id: UUID, letter_id: UUID, now: datetime
    ) -> None:
        signature, letter = letters.lock_with_writer(session, letter_id)
        row = _locked(session, inbound_id)
        if letter.state is LetterState.DRAFT:
            raise NotFound(str(letter_id))
        if letter.sealed is None or signature.sealed is None:
            raise NoLongerPossible("deleted")
        assert row.sealed is not None
        wire = unseal_inbound(self.keyring, row.id, row.sealed)
        read = _read(wire)
        row.letter_id, row.campaign_id, row.digest_id = letter_id, None, None
        row.review_reason = review_reason(session, self.keyring, read, letter) if read else None
        row.content = seal_answer(self.keyring, row.id, parse_content(wire, letter_id))
        mark_as_answer(session, self.keyring, signature, letter, row, now)
        self._note(session, row, f"letter {letter_id}", now)

    def _file_for_organisers(
        self,
        session: Session,
        inbound_id: UUID,
        loaded: LoadedCampaign,
        digest_id: UUID | None,
        now: datetime,
    ) -> None:
        told_on = queries.retention_notice_dates(session).get(loaded.campaign_id)
        if is_erasure_due(loaded.campaign.facts, told_on, now.date()):
            raise NoLongerPossible("erased")
        row = _locked(session, inbound_id)
        row.kind, row.letter_id = InboundKind.ANSWER, None
        row.campaign_id, row.digest_id = loaded.campaign_id, digest_id
        about = f"daily mail {digest_id}" if digest_id else f"campaign {loaded.slug}"
        self._note(session, row, about, now)

    def _note(self, session: Session, row: InboundRow, about: str, now: datetime) -> None:
        entry = AuditEntry(self.by, AuditAction.MESSAGE_FILED, about, f"message {row.id}")
        audit_log.append(session, entry, now)


def find_digest(session: Session, digest_id: UUID) -> SentDigest | None:
    """Return the digest with this id, if there is one."""
    ids = digests.letter_ids_of(session, digest_id)
    first = letters.find(session, ids[0]) if ids else None
    if first is None:
        return None
    return SentDigest(digest_id, first.campaign_id, first.recipient, len(ids))


def find_answered(
    session: Session, wire: bytes, operator: Operator
) -> tuple[list[LetterRow], list[SentDigest]]:
    """Return the site's letters and digests that a message says it answers."""
    read = _read(wire)
    named = incoming.own_message_ids(operator.domain, read.references) if read else []
    tried = attempts.attempted_ids(session, named)
    found = [letters.find(session, one) for one in named if one in tried]
    daily = [find_digest(session, one) for one in named]
    return [one for one in found if one], [one for one in daily if one]


def _read(wire: bytes) -> IncomingMessage | None:
    try:
        return incoming.parse_message(wire)
    except Exception as error:  # noqa: BLE001 - a person can still file it by hand
        log_fault("a message could not be read", error)
        return None


def _locked(session: Session, inbound_id: UUID) -> InboundRow:
    row = inbound.find(session, inbound_id)
    if row is None:
        raise NotFound(str(inbound_id))
    session.refresh(row, with_for_update=True)
    if row.sealed is None:
        raise NotFound(str(inbound_id))
    if not inbound.can_be_filed(row):
        raise NoLongerPossible("filed")
    return row
