"""A site does not go live before somebody has decided what becomes of its trial's signatures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Uuid, column, delete, func, select, table, update

from campaign.cli import commands
from campaign.container import erasure_ledger
from campaign.delivery.rows import AttemptRow, OutgoingRow
from campaign.delivery.rules.delivery import Outcome
from campaign.errors import TrialUndecided
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.moderation import trial
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, Justification
from campaign.privacy.ledger import LedgerAction, read_entries
from campaign.services import create_worker
from campaign.settings.settings import BASE_DIR
from campaign.signatures.rows import EventRow, SignatureRow
from campaign.signatures.rules.signature import EventKind, Person, SignatureState
from campaign.signatures.sealing import hash_person
from campaign.store import migrate
from campaign.store.base import UtcDateTime
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.helpers.settings import live_environ
from tests.helpers.signatures import add_confirmed
from tests.helpers.transports import LiveMemoryTransport
from tests.organiser import CONSOLE_PATH, sign_in_organiser
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from flask import Flask
    from sqlalchemy.orm import Session

    from campaign.container import Container
    from tests.clock import Clock

REASON = ("--reason", "It was a trial")
HARBOUR = BASE_DIR / "tests" / "bundles" / "harbour"

# As a version before wrote them.
OLD_ATTEMPTS = table(
    "attempts",
    column("mail_id", Uuid),
    column("at", UtcDateTime),
    *map(column, ("outcome", "transport", "worker", "code", "reply")),
)


def _mail_to(session: Session, container: Container, address: str) -> UUID:
    """Return the id of the mail that asks this address for confirmation."""
    hashed = hash_person(container.keyring, Person("Testa Example", address)).email
    hers = SignatureRow.email_hash == hashed
    return session.scalars(
        select(OutgoingRow.id)
        .join(SignatureRow, SignatureRow.id == OutgoingRow.signature_id)
        .where(hers)
    ).one()


@pytest.fixture
def going_live(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> Callable[[], Supporter]:
    """Start the site's web server live, and give a supporter who comes then."""

    def start() -> Supporter:
        made, transport = make_container(live_environ(environ)), LiveMemoryTransport()
        browser = create_app(made).test_client()
        return Supporter(browser, create_worker(made, transport), transport, SLUG)

    return start


@pytest.fixture
def live_command(environ: dict[str, str], container: Container) -> Callable[..., Result]:
    """Run a command on the site as it is when it goes live."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(commands, arguments, env=live_environ(environ))

    return run


def tried_out(supporter: Supporter) -> str:
    """Sign as one does in a trial; return the path of one's private page.

    One is counted, one has not confirmed, one has withdrawn, and one has deleted everything.
    """
    private = supporter.sign(email="counted@example.org")
    supporter.submit(email="pending@example.org")
    withdrawn = supporter.sign(email="withdrawn@example.org")
    supporter.browser.post(f"{withdrawn}/withdraw")
    gone = supporter.sign(email="gone@example.org")
    supporter.browser.post(f"{gone}/delete")
    return private


def states(container: Container) -> list[tuple[SignatureState, bool]]:
    """Return all signatures' states, and whether anything personal is in each."""
    with container.database.reading() as session:
        rows = session.scalars(select(SignatureRow).order_by(SignatureRow.state))
        return [(row.state, row.sealed is not None) for row in rows]


def test_a_site_with_a_trials_signatures_does_not_start_live(
    supporter: Supporter, live_command: Callable[..., Result], going_live: Callable[[], Supporter]
) -> None:
    tried_out(supporter)
    with pytest.raises(TrialUndecided) as refused:
        going_live()
    others = [live_command(name).exception for name in ("prepare", "worker")]
    for error in (refused.value, *others):
        assert isinstance(error, TrialUndecided)
        (said,) = error.faults
        assert said.startswith(f"{SLUG}: 3 signatures were made while the site was not live")
        assert f"campaign trial clear --campaign {SLUG} --reason …" in said
        assert f"campaign trial keep --campaign {SLUG} --reason …" in said


def test_a_site_that_stays_a_trial_starts_and_says_so(
    supporter: Supporter,
    container: Container,
    app: Flask,
    command: Callable[..., Result],
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
) -> None:
    tried_out(supporter)
    assert command("prepare").exit_code == 0
    create_app(make_container(environ))
    assert f"note  trial: {SLUG}: 3 signatures were made" in command("doctor").output
    page = sign_in_organiser(container, app).get(CONSOLE_PATH).text
    assert "3 signatures were made before the site was live. They count as a trial." in page


def test_what_is_needed_to_decide_works_meanwhile(
    supporter: Supporter, live_command: Callable[..., Result]
) -> None:
    tried_out(supporter)
    examined = live_command("doctor")
    assert examined.exit_code == 1
    assert f"FAULT trial: {SLUG}: 3 signatures were made" in examined.output
    for arguments in (("counts", "check"), ("export", "counts"), ("retention", "report")):
        done = live_command(*arguments)
        assert not isinstance(done.exception, TrialUndecided), arguments


def test_cleared_signatures_are_out_of_the_count_and_erased_and_the_site_goes_live(
    supporter: Supporter,
    container: Container,
    live_command: Callable[..., Result],
    going_live: Callable[[], Supporter],
) -> None:
    private = tried_out(supporter)
    assert supporter.count() == 1
    cleared = live_command("trial", "clear", "--yes", *REASON, "--by", "Ona Example")
    assert cleared.output == f"{SLUG}: 3 invalidated and erased.\n"
    after = (
        SignatureState.DROPPED,
        SignatureState.INVALIDATED,
        SignatureState.WITHDRAWN,
        SignatureState.WITHDRAWN,
    )
    assert states(container) == [(state, False) for state in after]
    assert "Every counter says what the events say." in live_command("counts", "check").output
    taken = [entry.action for entry in read_entries(erasure_ledger(container.settings).path)]
    assert taken.count(LedgerAction.DELETED) == 4
    with container.database.reading() as session:
        (entry,) = audit_log.search(
            session, audit_log.AuditFilter(action=AuditAction.TRIAL_CLEARED), 9
        )
        assert (entry.who, entry.reason, entry.number) == ("Ona Example", "It was a trial", 3)
        erased = select(func.count()).where(EventRow.kind == EventKind.ERASED)
        assert session.scalar(erased) == 4
        waiting = select(LetterRow.state).where(LetterRow.state == LetterState.QUEUED)
        assert session.scalars(waiting).all() == []
    real = going_live()
    assert real.count() == 0
    assert real.browser.get(private).status_code == 404
    real.deliver()
    assert real.transport.sent == []


def test_who_took_part_in_the_trial_signs_again_when_it_is_live(
    supporter: Supporter,
    live_command: Callable[..., Result],
    going_live: Callable[[], Supporter],
    clock: Clock,
) -> None:
    tried_out(supporter)
    live_command("trial", "clear", "--yes", *REASON)
    clock.advance(days=1)
    real = going_live()
    real.sign(email="counted@example.org")
    assert real.count() == 1
    going_live()
    assert "nothing was signed while" in live_command("trial", "keep", *REASON).output


def test_clearing_asks_first_and_needs_a_reason(
    supporter: Supporter, container: Container, live_command: Callable[..., Result]
) -> None:
    tried_out(supporter)
    before = states(container)
    assert live_command("trial", "clear", *REASON).exit_code == 1
    assert live_command("trial", "clear", "--yes").exit_code == 2
    assert live_command("trial", "clear", "--yes", "--reason", " ").exit_code == 2
    assert live_command("trial", "keep", "--reason", " ").exit_code == 2
    assert states(container) == before


def test_kept_signatures_count_and_are_not_asked_about_again(
    supporter: Supporter,
    container: Container,
    live_command: Callable[..., Result],
    going_live: Callable[[], Supporter],
) -> None:
    tried_out(supporter)
    kept = live_command("trial", "keep", *REASON)
    assert kept.output == f"{SLUG}: 3 are kept.\n"
    assert live_command("prepare").exit_code == 0
    for _ in range(2):
        assert going_live().count() == 1
    with container.database.reading() as session:
        (entry,) = audit_log.search(
            session, audit_log.AuditFilter(action=AuditAction.TRIAL_KEPT), 9
        )
        assert (entry.reason, entry.number) == ("It was a trial", 3)


def test_a_live_sites_organisers_see_that_a_trials_signatures_are_kept(
    supporter: Supporter,
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
    live_command: Callable[..., Result],
) -> None:
    supporter.sign()
    live_command("trial", "keep", *REASON)
    live = make_container(live_environ(environ))
    page = sign_in_organiser(live, create_app(live)).get(CONSOLE_PATH).text
    assert "1 signature was made before the site was live. It is kept" in page


def test_another_trial_after_the_decision_is_asked_about_again(
    supporter: Supporter,
    live_command: Callable[..., Result],
    going_live: Callable[[], Supporter],
    clock: Clock,
) -> None:
    supporter.sign()
    live_command("trial", "keep", *REASON)
    clock.now = datetime.now(UTC)  # as the command's
    supporter.sign(email="again@example.org")
    with pytest.raises(TrialUndecided, match="1 signature was made"):
        going_live()
    live_command("trial", "keep", *REASON)
    assert going_live().count() == 2


def test_what_is_signed_live_is_none_of_a_trial(
    going_live: Callable[[], Supporter], container: Container, live_command: Callable[..., Result]
) -> None:
    going_live().submit()
    going_live()
    assert "nothing was signed while" in live_command("trial", "clear", "--yes", *REASON).output
    with container.database.reading() as session:
        assert session.scalars(select(SignatureRow.signed_live)).all() == [True]


def test_each_campaign_is_decided_about_by_itself(
    supporter: Supporter, command: Callable[..., Result], live_command: Callable[..., Result]
) -> None:
    supporter.sign()
    assert command("content", "publish", str(HARBOUR)).exit_code == 0
    slug, demands = "harbour-quiet", ["quiet_nights", "slow_ships"]
    other = Supporter(supporter.browser, supporter.worker, supporter.transport, slug)
    other.sign(demands=demands)
    refused = live_command("worker").exception
    assert isinstance(refused, TrialUndecided)
    assert [fault.partition(":")[0] for fault in refused.faults] == [SLUG, slug]
    assert "--campaign is needed" in live_command("trial", "clear", "--yes", *REASON).output
    live_command("trial", "clear", "--yes", "--campaign", slug, *REASON)
    assert (supporter.count(), other.count()) == (1, 0)
    refused = live_command("worker").exception
    assert isinstance(refused, TrialUndecided)
    assert [fault.partition(":")[0] for fault in refused.faults] == [SLUG]


def test_many_are_cleared_in_batches_and_an_interrupted_clearing_goes_on(
    container: Container, live_command: Callable[..., Result], clock: Clock
) -> None:
    many = 2 * trial.BATCH + 1
    add_confirmed(container, many, signed_live=False)
    real = add_confirmed(container, 2, domain="real.example")
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        trial.log_clearing(session, loaded, Justification("Test", "made up"), clock())
        trial.clear_batch(session, erasure_ledger(container.settings), loaded, None, clock())
    left = many - trial.BATCH
    cleared = live_command("trial", "clear", "--yes", *REASON)
    assert cleared.output == f"{SLUG}: {left} invalidated and erased.\n"
    assert "Every counter says" in live_command("counts", "check").output
    with container.database.reading() as session:
        counted = select(SignatureRow.id).where(SignatureRow.state == SignatureState.CONFIRMED)
        assert set(session.scalars(counted)) == set(real)


def test_signatures_from_before_are_of_a_trial_if_their_first_mail_did_not_leave_live(
    supporter: Supporter, container: Container
) -> None:
    names = ("file", "safe-address", "smtp", "resent-live", "never-tried", "lease-over-first")
    for name in names:
        supporter.submit(email=f"{name}@example.org")
    with container.database.writing() as session:
        mails = {name: _mail_to(session, container, f"{name}@example.org") for name in names}
        session.execute(delete(AttemptRow))
        session.execute(update(SignatureRow).values(signed_live=True))
    tries = [
        *(("file", "outbox"), ("safe-address", "rehearsal"), ("smtp", "smtp")),
        *(("resent-live", "outbox"), ("resent-live", "smtp")),
        *(("lease-over-first", ""), ("lease-over-first", "smtp")),
    ]
    migrate.downgrade(container.database, "0011")
    with container.database.engine.begin() as connection:
        for name, transport in tries:
            values: dict[str, Any] = {
                "mail_id": mails[name],
                "outcome": Outcome.STARTED,
                "transport": transport,
            }
            values |= {"worker": "test", "code": "", "reply": "", "at": container.clock()}
            connection.execute(OLD_ATTEMPTS.insert(), values)
    migrate.upgrade(container.database)
    with container.database.reading() as session:
        found = dict(
            session.execute(
                select(OutgoingRow.id, SignatureRow.signed_live).join(
                    SignatureRow, SignatureRow.id == OutgoingRow.signature_id
                )
            ).all()
        )
        live = {name for name in names if found[mails[name]]}
        assert live == {"smtp", "never-tried", "lease-over-first"}
        kept = session.execute(
            select(AttemptRow.transport, AttemptRow.live, AttemptRow.reaches_recipient).distinct()
        )
        assert {tuple(row) for row in kept} == {
            *(("smtp", True, True), ("outbox", False, False)),
            *(("rehearsal", False, False), ("", False, False)),
        }
