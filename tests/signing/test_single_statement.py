"""Signing and confirming in one statement leave the very rows that step by step leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, inspect, select

from campaign.campaigns.compose import LetterChoices, compose_letter, pick_variants
from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS, Consent
from campaign.delivery.queries import letter_caps
from campaign.delivery.rows import OutgoingRow
from campaign.letters import held_letters
from campaign.letters.queries import letters
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LETTER_CAP_PERIOD, LetterDraft, LetterState, SendMethod
from campaign.letters.sealing import hash_caps, unseal_letter
from campaign.recipients.rules.recipient import recipient_key
from campaign.signatures.queries import mail_caps, signatures
from campaign.signatures.rows import ConsentRow, CountRow, EventRow, MailCapRow, SignatureRow
from campaign.signatures.rules.signature import PENDING_LIFETIME, HoldReason, Person
from campaign.signatures.sealing import hash_identity
from campaign.signing import confirm, submit
from campaign.signing.confirm import ConsentText
from campaign.signing.submit import Submission
from campaign.store.ids import uuid7
from tests.clock import START
from tests.conftest import SLUG

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.container import Container


SHOWN = ConsentText("Count my signature", "en")
# What differs from one person to the next, and from one row to the next.
_OWN = {
    "id",
    "signature_id",
    "held_signature_id",
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
    container: Container
    live: bool = False

    def by_steps(self, new: Submission) -> UUID:
        with self.container.database.writing() as session:
            loaded = self.container.campaign_cache.by_slug(session, SLUG)
            return submit.submit_by_steps(session, self.container.keyring, loaded, new, START)

    def at_once(self, new: Submission) -> UUID | None:
        with self.container.database.reading() as session:
            loaded = self.container.campaign_cache.by_slug(session, SLUG)
        with self.container.database.autocommit() as connection:
            return submit.submit_in_single_statement(
                connection, self.container.keyring, loaded, new, START
            )

    def confirm_by_steps(self, signature_id: UUID) -> None:
        with self.container.database.writing() as session:
            wanted = self.container.keyring, 1, signature_id, SHOWN
            confirm.confirm_by_steps(session, *wanted, live=self.live, now=START)

    def confirm_at_once(self, signature_id: UUID) -> bool:
        with self.container.database.autocommit() as connection:
            wanted = connection, self.container.keyring, 1, signature_id, SHOWN
            return confirm.confirm_in_single_statement(*wanted, live=self.live, now=START)

    def hash_of(self, new: Submission) -> bytes:
        return hash_identity(self.container.keyring, new.person.email)


@pytest.fixture
def site(container: Container) -> Site:
    return Site(container)


def submission(
    container: Container, name: str, way: SendMethod | None = SendMethod.WE_SEND
) -> Submission:
    with container.database.reading() as session:
        campaign = container.campaign_cache.by_slug(session, SLUG).campaign
    person, stamp = Person("Testa Example", f"{name}@example.org", "Testtown"), uuid7(START)
    keys = pick_variants(campaign, ["un", "report"], stamp)
    text = compose_letter(
        campaign, LetterChoices("DE", keys, "My own.", person.signature_block), "de"
    )
    # The same words for both: they are drawn by the stamp.
    keys = replace(keys, opening="a", closing="a", demands=(("un", "a"),))
    letters_of_hers = (
        [
            LetterDraft(
                "DE/foreign-affairs", "de", keys, text, "My own.", edited=True, send_method=way
            )
        ]
        if way
        else []
    )
    consents = dict.fromkeys(OPTIONAL_CONSENTS, False) | {Consent.SHOW_NAME: True}
    consents[Consent.SEND_LETTER] = way is not None
    return Submission(stamp, person, "DE", "en", "", consents, letters_of_hers)


def rows_about(site: Site, signature_id: UUID) -> dict[str, Any]:
    """Return everything that is stored about a signature, without what is its own."""
    with site.container.database.reading() as session:
        signature = session.get(SignatureRow, signature_id)
        assert signature is not None
        # By kind: ids of the same millisecond have no order.
        mails = select(OutgoingRow).order_by(OutgoingRow.kind)
        hers = OutgoingRow.signature_id.in_(
            select(SignatureRow.id).where(SignatureRow.identity_hash == signature.identity_hash)
        )
        cap = select(MailCapRow.mails).where(MailCapRow.identity_hash == signature.identity_hash)
        return {
            "signature": plain(signature),
            "about": [
                [plain(row) for row in session.scalars(select(kind).where(column == signature_id))]
                for kind, column in (
                    (ConsentRow, ConsentRow.signature_id),
                    (LetterRow, LetterRow.signature_id),
                    (EventRow, EventRow.signature_id),
                )
            ],
            "mails": [
                (
                    plain(row),
                    row.signature_id == signature_id,
                    row.held_signature_id == signature_id,
                )
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
        with site.container.database.writing() as session:
            mail_caps.suppress(session, site.hash_of(new), START)
    if case == "capped":
        with site.container.database.writing() as session:
            for _ in range(3):
                mail_caps.consume(session, (site.hash_of(new),), START.date())
    if "known" in case:
        site.confirm_by_steps(site.by_steps(replace(new, form_id=uuid7(START))))
    if case in {"withheld", "known and withheld"}:
        return replace(new, mail_allowed=False)
    if case == "live":
        return replace(new, signed_live=True)
    return replace(new, held_for=HoldReason.RATE_LIMIT) if "held" in case else new


WAYS = (SendMethod.WE_SEND, SendMethod.OWN_MAIL, None)


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
    site: Site, way: SendMethod | None, case: str
) -> None:
    steps = before(site, submission(site.container, "steps", way), case)
    once = before(site, submission(site.container, "once", way), case)
    by_steps, at_once = site.by_steps(steps), site.at_once(once)
    assert at_once == once.form_id
    assert rows_about(site, at_once) == rows_about(site, by_steps)
    with site.container.database.reading() as session:
        stored, row = letters.of_signature(session, at_once), session.get_one(SignatureRow, at_once)
        assert (not stored) == (way is None or "held" in case)
        assert (row.held_letter is None) == (way is None or "held" not in case)
        for letter in stored or held_letters.open_held(site.container.keyring, row):
            opened = unseal_letter(
                site.container.keyring, letter.signature_id, letter.sealed or b""
            )
            (written,) = once.letters
            assert opened == (written.text, written.paragraph)


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", ["new", "held", "withheld"])
def test_what_is_stored_when_she_confirms_is_the_same(
    site: Site, way: SendMethod | None, case: str, *, live: bool
) -> None:
    site = replace(site, live=live)
    ids = [
        site.by_steps(before(site, submission(site.container, name, way), case))
        for name in ("steps", "once")
    ]
    site.confirm_by_steps(ids[0])
    with site.container.database.reading() as session:
        once = counted(session)
    assert site.confirm_at_once(ids[1])
    assert rows_about(site, ids[1]) == rows_about(site, ids[0])
    with site.container.database.reading() as session:
        assert counted(session) == 2 * once == (0 if "held" in case else 2)


@pytest.mark.parametrize("live", [False, True])
def test_a_second_letter_is_left_to_the_steps(site: Site, *, live: bool) -> None:
    site = replace(site, live=live)
    new, germany = submission(site.container, "testa"), recipient_key("DE")
    (cap,) = hash_caps(site.container.keyring, (site.hash_of(new),), 1, germany, live=live)
    signature_id = site.by_steps(new)
    with site.container.database.writing() as session:
        letter_caps.record(session, [cap], START.date() - LETTER_CAP_PERIOD + timedelta(days=1))
    assert not site.confirm_at_once(signature_id)
    site.confirm_by_steps(signature_id)
    with site.container.database.reading() as session:
        (letter,) = letters.of_signature(session, signature_id)
        assert letter.state is LetterState.DROPPED
        assert counted(session) == 1
    # One that is over holds nothing back, nor does another campaign's or recipient's.
    for number, other in enumerate(("over", "campaign", "ministry")):
        person = submission(site.container, f"testa{number}")
        whose = {"campaign": (2, germany), "ministry": (1, recipient_key("FR"))}.get(
            other, (1, germany)
        )
        (cap,) = hash_caps(site.container.keyring, (site.hash_of(person),), *whose, live=live)
        day = START.date() - LETTER_CAP_PERIOD if other == "over" else START.date()
        with site.container.database.writing() as session:
            letter_caps.record(session, [cap], day)
        assert site.confirm_at_once(site.by_steps(person))


def test_what_is_not_plain_is_left_as_it_was(site: Site) -> None:
    new = submission(site.container, "testa")
    first = site.at_once(new)
    assert first is not None
    was = rows_about(site, first)
    assert site.at_once(new) is None
    rival = site.at_once(replace(new, form_id=uuid7(START)))
    assert rival is not None
    assert not site.confirm_at_once(first)
    assert rows_about(site, first)["signature"] == was["signature"]
    late = site.at_once(submission(site.container, "late"))
    assert late is not None
    with site.container.database.autocommit() as connection:
        wanted = connection, site.container.keyring, 1, late, SHOWN
        after = START + PENDING_LIFETIME * 1.01
        assert not confirm.confirm_in_single_statement(*wanted, live=False, now=after)
        wanted = connection, site.container.keyring, 2, late, SHOWN
        assert not confirm.confirm_in_single_statement(*wanted, live=False, now=START)
    with site.container.database.writing() as session:
        signatures.lock(session, late).identity_rules = 1
    assert not site.confirm_at_once(late)
    two_ways = submission(site.container, "two-ways")
    two_ways = replace(two_ways, person=replace(two_ways.person, email="testa@pm.me"))
    assert site.at_once(two_ways) is None
    with site.container.database.reading() as session:
        assert counted(session) == 0
