"""Messages that came in and fit no letter: an owner says what they answer, or deletes them.

Under its letter a message is an answer like any other: it counts, and is mailed to who wrote the
letter. One that answers many letters at once, or the campaign, stays with the organisers: a
daily mail has the words of many people in it, and an answer may quote them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns import queries as campaigns
from campaign.delivery.answers import count_as_answer, doubt_about, opened_again
from campaign.delivery.deliver import report
from campaign.delivery.queries import digests, inbound
from campaign.delivery.rules.delivery import InboundKind
from campaign.delivery.sealing import open_inbound, seal_answer
from campaign.errors import NoLongerPossible, NotFound
from campaign.letters.queries import letters
from campaign.letters.rules.letter import LetterState
from campaign.mail import incoming
from campaign.organisers.queries import audit_log as log
from campaign.organisers.rules.audit_log import Action, Entry
from campaign.privacy.rules import may_erase
from campaign.signatures.queries import signatures

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import Shelf, Shelved
    from campaign.delivery.rows.inbound import InboundRow
    from campaign.letters.rows import LetterRow
    from campaign.mail.incoming import Incoming
    from campaign.operator import Operator
    from campaign.store.keyring import Keyring


@dataclass(frozen=True)
class DailyMail:
    """A daily mail that left: to which ministry, with how many letters of which campaign."""

    id: UUID
    campaign_id: int
    government: str
    letters: int


@dataclass(frozen=True)
class Filer:
    """Files messages where a person says that they belong, and notes who said so."""

    keyring: Keyring
    shelf: Shelf
    by: str

    def under(self, session: Session, inbound_id: UUID, number: UUID, now: datetime) -> str:
        """File a message under the letter or the daily mail of that number; say which it was.

        Raise NotFound where there is no such message or nothing that left under that number,
        NoLongerPossible for a message that is filed under a letter, and for what was erased.
        """
        if letters.find(session, number) is not None:
            self._under_letter(session, inbound_id, number, now)
            return f"letter {number}"
        daily = daily_mail(session, number)
        if daily is None:
            raise NotFound(str(number))
        shelved = self.shelf.by_id(session, daily.campaign_id)
        self._with_organisers(session, inbound_id, shelved, daily.id, now)
        return f"daily mail {number}"

    def under_campaign(
        self, session: Session, inbound_id: UUID, shelved: Shelved, now: datetime
    ) -> None:
        """File a message under a campaign; raise as `under` does."""
        self._with_organisers(session, inbound_id, shelved, None, now)

    def _under_letter(
        self, session: Session, inbound_id: UUID, letter_id: UUID, now: datetime
    ) -> None:
        signature, letter = signatures.lock(session, letter_id), letters.lock(session, letter_id)
        row = _locked(session, inbound_id)
        if letter is None or letter.state is LetterState.DRAFT:
            raise NotFound(str(letter_id))
        if letter.sealed is None or signature.sealed is None:
            raise NoLongerPossible("deleted")
        assert row.sealed is not None
        wire = open_inbound(self.keyring, row.id, row.sealed)
        read = _read(wire)
        row.letter_id, row.campaign_id, row.digest_id = letter_id, None, None
        row.doubt = doubt_about(session, self.keyring, read, letter) if read else None
        row.shown = seal_answer(self.keyring, row.id, opened_again(wire, letter_id))
        count_as_answer(session, self.keyring, signature, letter, row, now)
        self._note(session, row, f"letter {letter_id}", now)

    def _with_organisers(
        self,
        session: Session,
        inbound_id: UUID,
        shelved: Shelved,
        digest_id: UUID | None,
        now: datetime,
    ) -> None:
        told_on = campaigns.told_of_retention(session).get(shelved.campaign_id)
        if may_erase(shelved.campaign.facts, told_on, now.date()):
            raise NoLongerPossible("erased")
        row = _locked(session, inbound_id)
        row.kind, row.letter_id = InboundKind.ANSWER, None
        row.campaign_id, row.digest_id = shelved.campaign_id, digest_id
        about = f"daily mail {digest_id}" if digest_id else f"campaign {shelved.slug}"
        self._note(session, row, about, now)

    def _note(self, session: Session, row: InboundRow, about: str, now: datetime) -> None:
        entry = Entry(self.by, Action.MESSAGE_FILED, about, f"message {row.id}")
        log.append(session, entry, now)


def daily_mail(session: Session, digest_id: UUID) -> DailyMail | None:
    """Return the daily mail of that number, if there is one."""
    ids = digests.letters_of(session, digest_id)
    first = letters.find(session, ids[0]) if ids else None
    if first is None:
        return None
    return DailyMail(digest_id, first.campaign_id, first.government, len(ids))


def answered_by(
    session: Session, wire: bytes, operator: Operator
) -> tuple[list[LetterRow], list[DailyMail]]:
    """Return the letters and daily mails of ours that a message says it answers."""
    read = _read(wire)
    named = incoming.sent_by(operator.domain, read.references) if read else []
    tried = letters.tried_among(session, named)
    found = [letters.find(session, one) for one in named if one in tried]
    daily = [daily_mail(session, one) for one in named]
    return [one for one in found if one], [one for one in daily if one]


def _read(wire: bytes) -> Incoming | None:
    try:
        return incoming.read(wire)
    except Exception as error:  # noqa: BLE001 - a person files it without help
        report("a message could not be read", error)
        return None


def _locked(session: Session, inbound_id: UUID) -> InboundRow:
    row = inbound.find(session, inbound_id)
    if row is None:
        raise NotFound(str(inbound_id))
    session.refresh(row, with_for_update=True)
    if row.sealed is None:
        raise NotFound(str(inbound_id))
    if not inbound.is_under_no_letter(row):
        raise NoLongerPossible("filed")
    return row
