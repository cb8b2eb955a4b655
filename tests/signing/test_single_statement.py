"""Signing and confirming in one statement leave the very rows that step by step leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, inspect, select

from campaign.campaigns.letter_text import Choices, choose_keys, compose
from campaign.campaigns.rules.consents import TICKS, Consent
from campaign.delivery.rows.queue import MailRow
from campaign.letters.queries import caps as letter_caps, held as held_letters
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import ONE_LETTER_WITHIN, LetterState, Way, WrittenLetter
from campaign.letters.sealing import hash_caps, open_letter
from campaign.signatures.queries import mail_caps as caps, signatures
from campaign.signatures.rows.counts import CountRow, MailCapRow
from campaign.signatures.rows.signatures import ConsentRow, EventRow, SignatureRow
from campaign.signatures.rules.signature import PENDING_FOR, HeldFor, Person
from campaign.signatures.sealing import hash_identity
from campaign.signing import submit as signing
from campaign.signing.submit import Shown, Submission
from campaign.store.ids import uuid7
from tests.clock import START
from tests.conftest import SLUG

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.container import House


SHOWN = Shown("Count my signature", "en")
# What differs from one person to the next, and from one row to the next.
_OWN = {
    "id",
    "signature_id",
    "held_with",
    "sealed",
    "held_letter",
    "identity_hash",
    "email_hash",
    "name_hash",
}


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


@dataclass(frozen=True)
class Site:
    house: House
    live: bool = False

    def by_steps(self, new: Submission) -> UUID:
        with self.house.database.writing() as session:
            shelved = self.house.shelf.by_slug(session, SLUG)
            return signing.submit(session, self.house.keyring, shelved, new, START)

    def at_once(self, new: Submission) -> UUID | None:
        with self.house.database.reading() as session:
            shelved = self.house.shelf.by_slug(session, SLUG)
        with self.house.database.single() as connection:
            return signing.submit_at_once(connection, self.house.keyring, shelved, new, START)

    def confirm_by_steps(self, signature_id: UUID) -> None:
        with self.house.database.writing() as session:
            wanted = self.house.keyring, 1, signature_id, SHOWN
            signing.confirm(session, *wanted, live=self.live, now=START)

    def confirm_at_once(self, signature_id: UUID) -> bool:
        with self.house.database.single() as connection:
            wanted = connection, self.house.keyring, 1, signature_id, SHOWN
            return signing.confirm_at_once(*wanted, live=self.live, now=START)

    def hash_of(self, new: Submission) -> bytes:
        return hash_identity(self.house.keyring, new.person.email)


@pytest.fixture
def site(house: House) -> Site:
    return Site(house)


def submission(house: House, name: str, way: Way | None = Way.WE_SEND) -> Submission:
    with house.database.reading() as session:
        campaign = house.shelf.by_slug(session, SLUG).campaign
    person, stamp = Person("Testa Example", f"{name}@example.org", "Testtown"), uuid7(START)
    keys = choose_keys(campaign, ["un", "report"], stamp)
    text = compose(campaign, Choices("DE", keys, "My own.", person.signature), "de")
    # The same words for both: they are drawn by the stamp.
    keys = replace(keys, opening="a", closing="a", demands=(("un", "a"),))
    letter = WrittenLetter("de", keys, text, "My own.", edited=True, way=way) if way else None
    consents = dict.fromkeys(TICKS, False) | {Consent.SHOW_NAME: True}
    consents[Consent.SEND_LETTER] = letter is not None
    return Submission(stamp, person, "DE", "en", "", consents, letter)


def rows_about(site: Site, signature_id: UUID) -> dict[str, Any]:
    """Return everything that is stored about a signature, without what is its own."""
    with site.house.database.reading() as session:
        signature = session.get(SignatureRow, signature_id)
        assert signature is not None
        # By kind: ids of the same millisecond have no order.
        mails = select(MailRow).order_by(MailRow.kind)
        hers = MailRow.signature_id.in_(
            select(SignatureRow.id).where(SignatureRow.identity_hash == signature.identity_hash)
        )
        cap = select(MailCapRow.mails).where(MailCapRow.identity_hash == signature.identity_hash)
        return {
            "signature": plain(signature),
            "about": [
                [plain(row) for row in session.scalars(select(kind).where(column == signature_id))]
                for kind, column in (
                    (ConsentRow, ConsentRow.signature_id),
                    (LetterRow, LetterRow.id),
                    (EventRow, EventRow.signature_id),
                )
            ],
            "mails": [
                (plain(row), row.signature_id == signature_id, row.held_with == signature_id)
                for row in session.scalars(mails.where(hers))
            ],
            "cap": session.scalar(cap),
        }


def plain(row: Any) -> dict[str, Any]:
    names = inspect(type(row)).columns.keys()
    return {name: getattr(row, name) for name in names if name not in _OWN}


def counted(session: Session) -> int:
    return session.scalar(select(func.coalesce(func.sum(CountRow.signatures), 0))) or 0


def before(site: Site, new: Submission, case: str) -> Submission:
    """Bring about what was there before she signs."""
    if case == "stopped":
        with site.house.database.writing() as session:
            caps.stop(session, site.hash_of(new), START)
    if case == "capped":
        with site.house.database.writing() as session:
            for _ in range(3):
                caps.take(session, (site.hash_of(new),), START.date())
    if "known" in case:
        site.confirm_by_steps(site.by_steps(replace(new, stamp_id=uuid7(START))))
    if case in {"withheld", "known and withheld"}:
        return replace(new, may_mail=False)
    if case == "live":
        return replace(new, signed_live=True)
    return replace(new, held_for=HeldFor.FLOOD) if "held" in case else new


WAYS = (Way.WE_SEND, Way.OWN_MAIL, None)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "case",
    [
        "new",
        "held",
        "stopped",
        "capped",
        "known",
        "live",
        "withheld",
        "known and held",
        "known and withheld",
    ],
)
def test_what_is_stored_when_somebody_signs_is_the_same(
    site: Site, way: Way | None, case: str
) -> None:
    steps = before(site, submission(site.house, "steps", way), case)
    once = before(site, submission(site.house, "once", way), case)
    by_steps, at_once = site.by_steps(steps), site.at_once(once)
    assert at_once == once.stamp_id
    assert rows_about(site, at_once) == rows_about(site, by_steps)
    with site.house.database.reading() as session:
        letter, row = session.get(LetterRow, at_once), session.get_one(SignatureRow, at_once)
        assert (letter is None) == (way is None or "held" in case)
        assert (row.held_letter is None) == (way is None or "held" not in case)
        if row.held_letter is not None and once.letter is not None:
            lying = held_letters.find(site.house.keyring, row)
            assert lying is not None
            opened = open_letter(site.house.keyring, at_once, lying.sealed or b"")
            assert opened == (once.letter.text, once.letter.paragraph)
        if letter is not None and letter.sealed is not None and once.letter is not None:
            opened = open_letter(site.house.keyring, at_once, letter.sealed)
            assert opened == (once.letter.text, once.letter.paragraph)


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", ["new", "held", "withheld"])
def test_what_is_stored_when_she_confirms_is_the_same(
    site: Site, way: Way | None, case: str, *, live: bool
) -> None:
    site = replace(site, live=live)
    ids = [
        site.by_steps(before(site, submission(site.house, name, way), case))
        for name in ("steps", "once")
    ]
    site.confirm_by_steps(ids[0])
    with site.house.database.reading() as session:
        once = counted(session)
    assert site.confirm_at_once(ids[1])
    assert rows_about(site, ids[1]) == rows_about(site, ids[0])
    with site.house.database.reading() as session:
        assert counted(session) == 2 * once == (0 if "held" in case else 2)


@pytest.mark.parametrize("live", [False, True])
def test_a_second_letter_is_left_to_the_steps(site: Site, *, live: bool) -> None:
    site = replace(site, live=live)
    new = submission(site.house, "testa")
    (cap,) = hash_caps(site.house.keyring, (site.hash_of(new),), 1, "DE", live=live)
    signature_id = site.by_steps(new)
    with site.house.database.writing() as session:
        letter_caps.note(session, [cap], START.date() - ONE_LETTER_WITHIN + timedelta(days=1))
    assert not site.confirm_at_once(signature_id)
    site.confirm_by_steps(signature_id)
    with site.house.database.reading() as session:
        assert session.get_one(LetterRow, signature_id).state is LetterState.DROPPED
        assert counted(session) == 1
    # One that is over holds nothing back, nor does another campaign's or ministry's.
    for number, other in enumerate(("over", "campaign", "ministry")):
        person = submission(site.house, f"testa{number}")
        whose = {"campaign": (2, "DE"), "ministry": (1, "FR")}.get(other, (1, "DE"))
        (cap,) = hash_caps(site.house.keyring, (site.hash_of(person),), *whose, live=live)
        day = START.date() - ONE_LETTER_WITHIN if other == "over" else START.date()
        with site.house.database.writing() as session:
            letter_caps.note(session, [cap], day)
        assert site.confirm_at_once(site.by_steps(person))


def test_what_is_not_plain_is_left_as_it_was(site: Site) -> None:
    new = submission(site.house, "testa")
    first = site.at_once(new)
    assert first is not None
    was = rows_about(site, first)
    assert site.at_once(new) is None
    rival = site.at_once(replace(new, stamp_id=uuid7(START)))
    assert rival is not None
    assert not site.confirm_at_once(first)
    assert rows_about(site, first)["signature"] == was["signature"]
    late = site.at_once(submission(site.house, "late"))
    assert late is not None
    with site.house.database.single() as connection:
        wanted = connection, site.house.keyring, 1, late, SHOWN
        after = START + PENDING_FOR * 1.01
        assert not signing.confirm_at_once(*wanted, live=False, now=after)
        wanted = connection, site.house.keyring, 2, late, SHOWN
        assert not signing.confirm_at_once(*wanted, live=False, now=START)
    with site.house.database.writing() as session:
        signatures.lock(session, late).identity_rules = 1
    assert not site.confirm_at_once(late)
    two_ways = submission(site.house, "two-ways")
    two_ways = replace(two_ways, person=replace(two_ways.person, email="testa@pm.me"))
    assert site.at_once(two_ways) is None
    with site.house.database.reading() as session:
        assert counted(session) == 0
