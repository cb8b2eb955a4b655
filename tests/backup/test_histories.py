"""Whatever people did, and whenever the backup was made: a restore protects them no less.

What they last chose is read from the database as it was just before the restore.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st
from sqlalchemy import select

from campaign.backup import restore as restoring
from campaign.backup.queries import dumps
from campaign.backup.restore import RestoreRequest
from campaign.campaigns.compose import LetterChoices, compose_letter, pick_variants
from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS, Consent
from campaign.delivery.queries.attempts import Actor
from campaign.delivery.rows import OutgoingRow
from campaign.delivery.transports.memory import MemoryTransport
from campaign.errors import CampaignError
from campaign.letters.rules.letter import LetterDraft, SendMethod
from campaign.moderation.invalidate import invalidate_one, restore_one
from campaign.news.unsubscribe import unsubscribe
from campaign.organisers.rules.audit_log import Justification
from campaign.privacy.ledger import Ledger, read_entries
from campaign.services import create_worker
from campaign.signatures.queries import counts
from campaign.signatures.rows import SignatureRow, SuppressedAddressRow
from campaign.signatures.rules.signature import Person, SignatureState
from campaign.signing import confirm, private_page, request_mail, submit as signing
from campaign.signing.confirm import ConsentText
from campaign.signing.private_page import Correction
from campaign.signing.submit import Submission
from campaign.store import pending_restore
from campaign.store.ids import uuid7
from tests.clock import START
from tests.conftest import SLUG
from tests.helpers.backups import BEGUN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.worker import Worker
    from tests.clock import Clock

pytestmark = pytest.mark.long

CAUSE = Justification("Ada Example", "a look at it")
SHOWN = ConsentText("Count my signature", "en")
PEOPLE = ("testa@example.org", "second@example.org", "third@example.org")

Step = tuple[str, int]
"""What is done, and by which of the people, or with which of the submissions."""

WHAT = (
    *("submit", "submit_otherwise", "confirm", "confirm", "withdraw", "erase", "stop"),
    *("take_back", "give", "unsubscribe", "invalidate", "bring_back", "deliver", "wait"),
)
STEPS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 4)), min_size=1, max_size=16)


@dataclass(frozen=True)
class Known:
    """What a database says of a signature."""

    state: SignatureState
    erased: bool
    given: frozenset[Consent]


class History:
    """People who do one thing after another; what is not possible is passed over."""

    def __init__(self, container: Container, clock: Clock, folder: Path) -> None:
        self.container, self.clock = container, clock
        self.ledger = Ledger(folder / "erased.ledger")
        self.transport = MemoryTransport()
        self.worker: Worker = create_worker(container, self.transport)
        self.signed: dict[UUID, str] = {}
        """Who has signed, by the submission."""
        self.stoppers: set[str] = set()

    def do(self, steps: list[Step]) -> None:
        for name, number in steps:
            self.clock.advance(minutes=1)
            if name in {"deliver", "wait"}:
                getattr(self, name)()
                continue
            with suppress(CampaignError, IndexError), self.container.database.writing() as session:
                getattr(self, name)(session, number)

    def deliver(self) -> None:
        while self.worker.step():
            pass

    def wait(self) -> None:
        self.clock.advance(hours=25)
        self.worker.run_housekeeping()
        self.deliver()

    def submit(self, session: Session, number: int, email: str = "") -> None:
        loaded, now = self.container.campaign_cache.by_slug(session, SLUG), self.clock()
        person = Person("Testa Example", email or PEOPLE[number % len(PEOPLE)])
        keys = pick_variants(loaded.campaign, ["un"], uuid7(now))
        text = compose_letter(
            loaded.campaign, LetterChoices("DE", keys, "", person.signature_block), "de"
        )
        written = LetterDraft(
            "DE/foreign-affairs", "de", keys, text, "", edited=False, send_method=SendMethod.WE_SEND
        )
        consents = dict.fromkeys(OPTIONAL_CONSENTS, False) | {
            Consent.SEND_LETTER: True,
            Consent.SHOW_NAME: number % 2 == 0,
            Consent.SEND_NEWS: True,
        }
        submission = Submission(uuid7(now), person, "DE", "en", "", consents, [written])
        signed = signing.submit_by_steps(session, self.container.keyring, loaded, submission, now)
        self.signed[signed] = PEOPLE[number % len(PEOPLE)]

    def submit_otherwise(self, session: Session, number: int) -> None:
        """Sign with another spelling of the address."""
        self.submit(session, number, PEOPLE[number % len(PEOPLE)].replace("@", "+other@"))

    def one(self, number: int) -> UUID:
        return list(self.signed)[-1 - number]

    def confirm(self, session: Session, number: int) -> None:
        campaign_id = self.container.campaign_cache.by_slug(session, SLUG).campaign_id
        wanted = self.container.keyring, campaign_id, self.one(number), SHOWN
        confirm.confirm_by_steps(session, *wanted, live=False, now=self.clock())

    def withdraw(self, session: Session, number: int) -> None:
        if session.get_one(SignatureRow, self.one(number)).state is not SignatureState.PENDING:
            private_page.withdraw(session, self.ledger, self.one(number), self.clock())

    def erase(self, session: Session, number: int) -> None:
        private_page.delete_submissions(
            session, self.ledger, self.one(number), live=False, now=self.clock()
        )

    def stop(self, session: Session, number: int) -> None:
        row = session.get_one(SignatureRow, self.one(number))
        if row.identity_hash is not None:
            request_mail.suppress_address(session, self.ledger, row.identity_hash, self.clock())
            self.stoppers.add(self.signed[row.id])

    def take_back(self, session: Session, number: int) -> None:
        self._correct(session, number, given=False)

    def give(self, session: Session, number: int) -> None:
        self._correct(session, number, given=True)

    def _correct(self, session: Session, number: int, *, given: bool) -> None:
        words = self.container.campaign_cache.by_slug(session, SLUG).campaign.words_in("en")
        consents = dict.fromkeys((Consent.SHOW_NAME, Consent.SEND_LETTER), given)
        wanted = Correction({"name": "Testa Example", "town": ""}, consents, words)
        keyring, now = self.container.keyring, self.clock()
        private_page.correct(session, keyring, self.ledger, self.one(number), wanted, now)

    def unsubscribe(self, session: Session, number: int) -> None:
        unsubscribe(session, self.ledger, self.one(number), SHOWN, self.clock())

    def invalidate(self, session: Session, number: int) -> None:
        invalidate_one(session, self.one(number), CAUSE, self.clock())

    def bring_back(self, session: Session, number: int) -> None:
        restore_one(
            session, self.container.keyring, self.one(number), CAUSE, live=False, now=self.clock()
        )

    def known(self) -> dict[UUID, Known]:
        with self.container.database.reading() as session:
            return {
                row.id: Known(
                    row.state,
                    row.sealed is None,
                    frozenset(one for one in OPTIONAL_CONSENTS if getattr(row, one)),
                )
                for row in session.scalars(select(SignatureRow))
            }

    def stopped(self) -> set[bytes]:
        with self.container.database.reading() as session:
            return set(session.scalars(select(SuppressedAddressRow.identity_hash)))

    def mailed(self, since: int) -> list[UUID]:
        """Return what the mails were about that left since there were so many."""
        with self.container.database.reading() as session:
            by_name = {
                f"mail-{row.kind.value}-{row.id}": row.signature_id
                for row in session.scalars(select(OutgoingRow))
                if row.signature_id is not None
            }
        names = [envelope.name for envelope in self.transport.sent[since:]]
        return [by_name[name] for name in names if name in by_name]


class Sites:
    """One site for all examples, each of which begins with an empty database."""

    def __init__(self, container: Container, clock: Clock, folder: Path) -> None:
        self.container, self.clock, self.folder = container, clock, folder
        self.empty, self.backup = folder / "empty", folder / "backup"
        dumps.dump_database(container.database, self.empty)

    def begun(self) -> History:
        self.clock.now = START
        dumps.load_dump(self.container.database, self.empty, BEGUN)
        with self.container.database.writing(unsettled=True) as session:
            pending_restore.clear_pending(session)
        (self.folder / "erased.ledger").unlink(missing_ok=True)
        return History(self.container, self.clock, self.folder)

    def back_up(self) -> None:
        self.backup.unlink(missing_ok=True)
        dumps.dump_database(self.container.database, self.backup)

    def restore(self, history: History) -> None:
        dumps.load_dump(self.container.database, self.backup, BEGUN)
        lines = sorted(read_entries(history.ledger.path), key=lambda one: one.at)
        with self.container.database.writing(unsettled=True) as session:
            backup = RestoreRequest("then", Actor("restore", "memory"), "Ada Example")
            restoring.reconcile(session, self.container.keyring, lines, backup, self.clock())


@pytest.fixture
def sites(
    sqlite_url: str,
    make_container: Callable[[dict[str, str]], Container],
    clock: Clock,
    tmp_path: Path,
) -> Sites:
    environ = {"CAMPAIGN_DATABASE_URL": sqlite_url, "CAMPAIGN_INSTANCE": str(tmp_path)}
    return Sites(make_container(environ), clock, tmp_path)


def unprotected(then: Known, last: Known, now: Known, *, taken_back: set[str]) -> str:
    """Return in what a restored signature is less than she chose; empty if in nothing.

    `taken_back`: the consents that she took back after the backup, and maybe gave again.
    """
    is_over = last.state is SignatureState.WITHDRAWN or last.erased
    if last.state is SignatureState.WITHDRAWN and now.state in {
        SignatureState.CONFIRMED,
        SignatureState.PENDING,
    }:
        return "counted, or may be"
    if last.state is SignatureState.WITHDRAWN and last.erased and not now.erased:
        return "not erased"
    if is_over or now.erased:
        return ""
    if now.given - last.given:
        return "agreed to what she took back"
    if then.given & last.given - taken_back - now.given:
        return "not agreed any more to what she agreed to before the backup"
    return ""


@settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=STEPS, after=STEPS)
@example(
    before=[("submit", 0), ("submit", 0), ("deliver", 0)],
    after=[("confirm", 1), ("withdraw", 1)],
)
@example(
    before=[("submit", 0), ("confirm", 0), ("take_back", 0), ("give", 0)],
    after=[("wait", 0)],
)
@example(
    before=[("submit", 0), ("submit_otherwise", 0), ("deliver", 0)],
    after=[("confirm", 1), ("erase", 1)],
)
@example(
    before=[("submit", 0), ("confirm", 0), ("submit_otherwise", 0)],
    after=[("withdraw", 1), ("confirm", 0), ("erase", 0)],
)
def test_a_restore_never_protects_less_than_what_people_last_chose(
    sites: Sites, before: list[Step], after: list[Step]
) -> None:
    history = sites.begun()
    history.do(before)
    sites.back_up()
    then, moment = history.known(), sites.clock()
    history.do(after)
    last, stopped, sent = history.known(), history.stopped(), len(history.transport.sent)
    since = [line for line in read_entries(history.ledger.path) if line.at > moment]
    sites.restore(history)
    for signature_id, now in history.known().items():
        taken_back = {line.subject.removeprefix(f"{signature_id} ") for line in since}
        known = then[signature_id], last[signature_id], now
        fault = unprotected(*known, taken_back=taken_back)
        assert not fault, (signature_id, fault)
    assert history.stopped() >= stopped
    history.do([("wait", 0), ("wait", 0)])
    done_with = history.stoppers | {
        history.signed[signature_id]
        for signature_id in then
        if str(signature_id) in {line.subject for line in since}
    }
    for signature_id in history.mailed(sent):
        assert last[signature_id].state is not SignatureState.WITHDRAWN
        if then[signature_id].state is SignatureState.PENDING:
            assert history.signed[signature_id] not in done_with
    letters = [one.name for one in history.transport.sent if one.name.startswith("letter-")]
    assert len(letters) == len(set(letters)), "a letter left twice"
    with sites.container.database.reading() as session:
        assert counts.find_mismatches(session) == []
