"""Check everything that sending needs, and report in a sentence what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from campaign.campaigns.queries import campaigns as queries
from campaign.delivery.mailer import build_system_mail
from campaign.delivery.queries import inbound, mails
from campaign.delivery.sealing import unseal_dkim_signer
from campaign.errors import RestorePending, SealError, TransportError
from campaign.mail.dns_lookup import DnsUnavailable
from campaign.mail.dns_policy import (
    DkimSigner,
    Finding,
    Severity,
    SignedTestMail,
    check_dkim,
    check_dmarc,
    check_mx,
    check_spf,
)
from campaign.mail.smtp import open_session
from campaign.moderation.queries import trial
from campaign.moderation.trial import undecided_message
from campaign.operations.watch import OVERDUE_AFTER
from campaign.privacy import keys
from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import Channel
from campaign.store import pending_restore
from campaign.store.ids import uuid7
from campaign.store.tokens import Purpose

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from sqlalchemy.orm import Session

    from campaign.delivery.rules.delivery import Transport
    from campaign.mail.dns_lookup import DnsLookup
    from campaign.mail.smtp import SmtpConfig
    from campaign.operator import Operator
    from campaign.recipients.rows import RecipientRow
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring
    from campaign.store.schema import SchemaDifference
    from campaign.store.tokens import Tokens

CERTIFICATE_WARNING_PERIOD = timedelta(days=14)
"""A certificate that expires this soon should be renewed."""

_TEST_MAIL = """A test e-mail from the campaign site

If you can read this, e-mail is being sent. Look at the headers: under Authentication-Results, \
spf, dkim and dmarc should say pass.
"""

TEST_MAIL_LIFETIME = timedelta(days=7)
"""How long a test mail is recognised when it comes back."""

_HOW_TO_LEARN = (
    "not checked: under which selector is the key? Live, send a test mail that comes back "
    "(--mail-to ANYTHING@{domain}); once campaign inbound has taken it in, this is known. Or send "
    "one to yourself, look for s= in its DKIM-Signature, and name it with --dkim-selector"
)

Findings = Iterator[Finding]


@dataclass(frozen=True)
class SchemaInspector:
    """How to inspect a database's tables: with Alembic, which only commands load."""

    is_current: Callable[[Database], bool]
    differences: Callable[[Database], Sequence[SchemaDifference]]


def check_database(
    database: Database,
    tables: SchemaInspector,
    written_to: Callable[[Session], Collection[str]],
    *,
    live: bool,
    verifiers: int,
    now: datetime,
) -> Findings:
    """Report whether it answers, has its tables and campaigns, and whether a worker empties it.

    `written_to`: returns the keys of the recipients that the campaigns may write to.
    """
    try:
        if not tables.is_current(database):
            yield Finding(Severity.ERROR, "database", "tables are missing: run campaign prepare")
            return
        yield from _of_the_tables(tables.differences(database))
        with database.reading() as session:
            yield Finding(Severity.OK, "database", f"{database.engine.dialect.name} answers")
            yield from _check_replica(database)
            rows = recipients.with_keys(session, written_to(session))
            yield from _check_data(session, rows, live=live, now=now)
            if live and verifiers > 1:
                yield from _verified_by_one(rows)
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        yield Finding(Severity.ERROR, "database", f"it cannot be used: {reason}")


def _check_replica(database: Database) -> Findings:
    health = database.replica_health()
    if health is None:
        return
    if health.lag is None:
        said = "it does not answer, or is no replica, so everything is read from the database"
        yield Finding(Severity.ERROR, "replica", said)
        return
    level = Severity.OK if health.is_usable else Severity.ERROR
    yield Finding(level, "replica", f"{health.lag.total_seconds():.1f} seconds behind")


def _check_data(
    session: Session, rows: Sequence[RecipientRow], *, live: bool, now: datetime
) -> Findings:
    begun = pending_restore.find(session.connection())
    if begun is not None:
        said = f"{RestorePending(begun.made_at, begun.began_at)}. {begun.who} began it"
        yield Finding(Severity.ERROR, "restore", said)
    if not queries.all_current(session):
        said = "none is published: make one in the console, or run campaign prepare"
        yield Finding(Severity.NOTE, "campaigns", said)
    verified = sum(row.has_verified(Channel.EMAIL) for row in rows)
    said = f"{verified} of {len(rows)} recipients of the campaigns have a verified e-mail address"
    yield Finding(Severity.NOTE if live and not verified else Severity.OK, "recipients", said)
    for slug, number in trial.count_undecided(session).items():
        said = undecided_message(slug, number)
        yield Finding(Severity.ERROR if live else Severity.NOTE, "trial", said)
    due = mails.oldest_due_at(session, now)
    if due is not None and now - due > OVERDUE_AFTER:
        yield Finding(
            Severity.ERROR, "worker", f"a mail is due since {due:%Y-%m-%d %H:%M} UTC: does one run?"
        )
    else:
        yield Finding(Severity.OK, "worker", "no mail is late")


def _verified_by_one(rows: Sequence[RecipientRow]) -> Findings:
    """Report how many addresses in use were checked by one person when two should have."""
    if number := sum(address.verified_by_one_person for row in rows for address in row.addresses):
        verb = "address was" if number == 1 else "addresses were"
        said = f"{number} {verb} verified by one person only, before CAMPAIGN_VERIFIERS was 2"
        yield Finding(Severity.NOTE, "recipients", f"{said}: campaign recipients list")


def check_file_permissions(database: Database, instance: Path) -> Findings:
    """Report which files with keys or personal data can be read by others than their owner."""
    found = [*instance.glob("*.secret"), *instance.glob("erased.ledger")]
    file = database.sqlite_path
    if file is not None:
        # SQLite's log is next to it.
        found += file.parent.glob(f"{file.name}*")
    for folder in ("exports", "outbox"):
        found += [path for path in (instance / folder).glob("*") if path.is_file()]
    for path in sorted(set(found)):
        if path.stat().st_mode & 0o077:
            yield Finding(Severity.ERROR, "files", f"others can read {path.name}: chmod 600 {path}")


def _of_the_tables(differences: Sequence[SchemaDifference]) -> Findings:
    found = [
        (Severity.ERROR if one.is_breaking else Severity.NOTE, one.message) for one in differences
    ]
    for level, said in found or [(Severity.OK, "they are those of this version")]:
        yield Finding(level, "tables", said)


def check_keys(database: Database, keyring: Keyring) -> Findings:
    """Report whether all needed sealing keys are there, and whether they open the values."""
    try:
        with database.reading() as session:
            keys.require_all_keys(session, keyring)
        yield Finding(Severity.OK, "keys", "they fit the database: what is sealed can be opened")
    except SealError as error:
        yield Finding(Severity.ERROR, "keys", str(error))
    except DBAPIError:
        # The database has a finding of its own.
        return


def check_mail_server(server: SmtpConfig, now: datetime) -> Findings:
    """Connect, check the certificate and log in."""
    where = f"{server.host}:{server.port}"
    try:
        with open_session(server) as talk:
            ends = talk.certificate_expires_at
    except TransportError as error:
        yield Finding(Severity.ERROR, "mail server", f"{where}: {error.reply}")
        return
    login = f"logged in as {server.user}" if server.user else "without a login"
    yield Finding(Severity.OK, "mail server", f"{where} answers, {login}")
    if ends is None:
        yield Finding(Severity.NOTE, "certificate", f"the connection to {where} is not encrypted")
        return
    soon = ends - now < CERTIFICATE_WARNING_PERIOD
    said = f"valid until {ends:%Y-%m-%d}"
    yield Finding(Severity.NOTE if soon else Severity.OK, "certificate", said)


def send_test_mail(
    transport: Transport, operator: Operator, tokens: Tokens, address: str, now: datetime
) -> Findings:
    """Send a mail to oneself, through the same transport as letters.

    Its Message-ID is a token, by which it is recognised if it comes back (`delivery/inbound.py`).
    """
    token = tokens.make(Purpose.TEST_MAIL, "", uuid7(now), now + TEST_MAIL_LIFETIME)
    envelope = build_system_mail(operator, address, "test", _TEST_MAIL, now, token)
    try:
        with transport.connect() as connection:
            answer = connection.send(envelope)
    except TransportError as error:
        yield Finding(Severity.ERROR, "test mail", error.reply)
        return
    yield Finding(Severity.OK, "test mail", f"handed over to {transport.name}: {answer}")


def find_test_mail_signature(database: Database, keyring: Keyring) -> SignedTestMail | None:
    """Return how the test mail that came back last was signed; None if unknown."""
    # Faults of the database or the keys have findings of their own.
    with suppress(DBAPIError, SealError), database.reading() as session:
        row = inbound.newest_test_mail(session)
        if row is not None and row.content is not None:
            return SignedTestMail(row.received_at, unseal_dkim_signer(keyring, row.id, row.content))
    return None


def check_dns(
    domain: str, selector: str, signed: SignedTestMail | None, lookup: DnsLookup
) -> Findings:
    """Check SPF, DKIM, DMARC and MX of the sender's domain, if DNS answers."""
    yield from _asked("SPF", lambda: check_spf(domain, lookup(domain, "TXT")))
    yield from _asked("DMARC", lambda: check_dmarc(domain, _dmarc_records(domain, lookup)))
    yield from _asked("MX", lambda: check_mx(domain, lookup(domain, "MX"), lookup(domain, "A")))
    yield from _of_dkim(domain, selector, signed, lookup)


def _of_dkim(
    domain: str, selector: str, signed: SignedTestMail | None, lookup: DnsLookup
) -> Findings:
    """Check the key of the given selector, or else the one that signs what comes back."""
    known_by = "does the server sign? send a test mail"
    signer = DkimSigner(selector, domain) if selector else None
    if signer is None and signed is not None:
        signer, known_by = signed.signer, f"a test mail of {signed.at:%Y-%m-%d} was signed so"
    if signer is not None:
        records = partial(lookup, signer.name, "TXT")
        yield from _asked("DKIM", lambda: check_dkim(signer, records(), known_by))
    elif signed is not None:
        said = f"the test mail of {signed.at:%Y-%m-%d} came back without a signature of {domain}"
        yield Finding(
            Severity.NOTE, "DKIM", f"{said}: does the server sign, at least what goes out?"
        )
    else:
        yield Finding(Severity.NOTE, "DKIM", _HOW_TO_LEARN.format(domain=domain))


def _asked(what: str, judge: Callable[[], Finding]) -> Findings:
    try:
        yield judge()
    except DnsUnavailable as error:
        yield Finding(Severity.NOTE, what, f"not checked: DNS does not answer here ({error})")


def _dmarc_records(domain: str, lookup: DnsLookup) -> list[str]:
    """Return the domain's DMARC policy, or its parent domain's (RFC 7489, section 6.6.3).

    The nearest one is used; that it is the organisational domain is not looked up.
    """
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        if found := lookup(f"_dmarc.{'.'.join(labels[start:])}", "TXT"):
            return found
    return []
