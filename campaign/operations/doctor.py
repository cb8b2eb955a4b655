"""Look into everything that sending needs, and say in a sentence what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from campaign.campaigns import queries as campaigns
from campaign.delivery.mail_message import direct
from campaign.delivery.queries import inbound, mails
from campaign.delivery.sealing import open_signer
from campaign.errors import RestoreUnsettled, SealError, TransportError
from campaign.mail.dns_lookup import DnsSilent
from campaign.mail.dns_policy import (
    Finding,
    Level,
    SignedMail,
    Signer,
    judge_dkim,
    judge_dmarc,
    judge_mx,
    judge_spf,
)
from campaign.mail.smtp import conversation
from campaign.moderation.queries import trial as trials
from campaign.moderation.trial import undecided
from campaign.operations.watch import LATE
from campaign.privacy import keys
from campaign.recipients.queries import ministries
from campaign.recipients.rules.directory import Channel
from campaign.store import restore_mark as unsettled
from campaign.store.ids import uuid7
from campaign.store.tokens import Purpose

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from campaign.delivery.rules.delivery import Transport
    from campaign.mail.dns_lookup import Lookup
    from campaign.mail.smtp import Server
    from campaign.operator import Operator
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring
    from campaign.store.schema import Difference
    from campaign.store.tokens import Tokens

SOON = timedelta(days=14)
"""A certificate that ends so soon should be renewed."""

_TEST_MAIL = """A test mail of the campaign site

If you read this, mail leaves. Look at its headers: under Authentication-Results, \
spf, dkim and dmarc should say pass.
"""

KNOWN_FOR = timedelta(days=7)
"""So long a test mail is known as one when it comes back."""

_HOW_TO_LEARN = (
    "not checked: under which selector is the key? Live, send a test mail that comes back "
    "(--mail-to ANYTHING@{domain}); once campaign inbound has taken it in, this is known. Or send "
    "one to yourself, look for s= in its DKIM-Signature, and name it with --dkim-selector"
)

Findings = Iterator[Finding]


@dataclass(frozen=True)
class Tables:
    """How to look at a database's tables: with Alembic, which only commands load."""

    are_current: Callable[[Database], bool]
    differences: Callable[[Database], Sequence[Difference]]


def of_the_database(
    database: Database, tables: Tables, *, live: bool, verifiers: int, now: datetime
) -> Findings:
    """Say whether it answers, has its tables and campaigns, and whether a worker empties it."""
    try:
        if not tables.are_current(database):
            yield Finding(Level.FAULT, "database", "tables are missing: run campaign prepare")
            return
        yield from _of_the_tables(tables.differences(database))
        with database.reading() as session:
            yield Finding(Level.OK, "database", f"{database.engine.dialect.name} answers")
            yield from _of_the_rows(session, live=live, now=now)
            if live and verifiers > 1:
                yield from _verified_by_one(session)
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        yield Finding(Level.FAULT, "database", f"it cannot be used: {reason}")


def _of_the_rows(session: Session, *, live: bool, now: datetime) -> Findings:
    begun = unsettled.find(session.connection())
    if begun is not None:
        said = f"{RestoreUnsettled(begun.made_at, begun.began_at)}. {begun.who} began it"
        yield Finding(Level.FAULT, "restore", said)
    if not campaigns.all_current(session):
        yield Finding(Level.FAULT, "campaigns", "none is loaded: run campaign prepare")
    rows = ministries.listing(session)
    verified = sum(row.verified(Channel.EMAIL) for row in rows)
    said = f"{verified} of {len(rows)} ministries have a verified e-mail address"
    yield Finding(Level.NOTE if live and not verified else Level.OK, "ministries", said)
    for slug, number in trials.unsettled(session).items():
        said = undecided(slug, number)
        yield Finding(Level.FAULT if live else Level.NOTE, "trial", said)
    due = mails.oldest_due(session, now)
    if due is not None and now - due > LATE:
        yield Finding(
            Level.FAULT, "worker", f"a mail is due since {due:%Y-%m-%d %H:%M} UTC: does one run?"
        )
    else:
        yield Finding(Level.OK, "worker", "no mail is late")


def _verified_by_one(session: Session) -> Findings:
    """Say how many addresses letters go to although two people should have checked them."""
    rows = ministries.listing(session)
    if number := sum(address.by_one for row in rows for address in row.addresses):
        verb = "address was" if number == 1 else "addresses were"
        said = f"{number} {verb} verified by one person only, before CAMPAIGN_VERIFIERS was 2"
        yield Finding(Level.NOTE, "ministries", f"{said}: campaign ministries list")


def of_the_files(database: Database, instance: Path) -> Findings:
    """Say which files with keys or personal data others than their owner can read."""
    found = [*instance.glob("*.secret"), *instance.glob("erased.ledger")]
    file = database.file
    if file is not None:
        # Its log lies beside it.
        found += file.parent.glob(f"{file.name}*")
    for folder in ("exports", "outbox"):
        found += [path for path in (instance / folder).glob("*") if path.is_file()]
    for path in sorted(set(found)):
        if path.stat().st_mode & 0o077:
            yield Finding(Level.FAULT, "files", f"others can read {path.name}: chmod 600 {path}")


def _of_the_tables(differences: Sequence[Difference]) -> Findings:
    found = [(Level.FAULT if one.serious else Level.NOTE, one.said) for one in differences]
    for level, said in found or [(Level.OK, "they are those of this version")]:
        yield Finding(level, "tables", said)


def of_the_keys(database: Database, keyring: Keyring) -> Findings:
    """Say whether the keys are there with which anything is sealed, and open it."""
    try:
        with database.reading() as session:
            keys.must_open_everything(session, keyring)
        yield Finding(Level.OK, "keys", "they fit the database: what is sealed can be opened")
    except SealError as error:
        yield Finding(Level.FAULT, "keys", str(error))
    except DBAPIError:
        # The database has a finding of its own.
        return


def of_the_mail_server(server: Server, now: datetime) -> Findings:
    """Connect, check the certificate and log in."""
    where = f"{server.host}:{server.port}"
    try:
        with conversation(server) as talk:
            ends = talk.certificate_ends
    except TransportError as error:
        yield Finding(Level.FAULT, "mail server", f"{where}: {error.reply}")
        return
    login = f"logged in as {server.user}" if server.user else "without a login"
    yield Finding(Level.OK, "mail server", f"{where} answers, {login}")
    if ends is None:
        yield Finding(Level.NOTE, "certificate", f"the connection to {where} is not encrypted")
        return
    soon = ends - now < SOON
    said = f"valid until {ends:%Y-%m-%d}"
    yield Finding(Level.NOTE if soon else Level.OK, "certificate", said)


def of_a_test_mail(
    transport: Transport, operator: Operator, tokens: Tokens, address: str, now: datetime
) -> Findings:
    """Send a mail to oneself, through the same transport as letters.

    Its Message-ID is a token, by which it is known if it comes back (`delivery/inbound.py`).
    """
    token = tokens.make(Purpose.TEST_MAIL, "", uuid7(now), now + KNOWN_FOR)
    envelope = direct(operator, address, "test", _TEST_MAIL, now, token)
    try:
        with transport.connect() as connection:
            answer = connection.send(envelope)
    except TransportError as error:
        yield Finding(Level.FAULT, "test mail", error.reply)
        return
    yield Finding(Level.OK, "test mail", f"handed over to {transport.name}: {answer}")


def signed_lately(database: Database, keyring: Keyring) -> SignedMail | None:
    """Return how the test mail was signed that came back last; None where that is not known."""
    # What is wrong with the database or the keys has a finding of its own.
    with suppress(DBAPIError, SealError), database.reading() as session:
        row = inbound.newest_test_mail(session)
        if row is not None and row.shown is not None:
            return SignedMail(row.received_at, open_signer(keyring, row.id, row.shown))
    return None


def of_dns(domain: str, selector: str, signed: SignedMail | None, lookup: Lookup) -> Findings:
    """Ask for SPF, DKIM, DMARC and MX of the sender's domain, where DNS answers."""
    yield from _asked("SPF", lambda: judge_spf(domain, lookup(domain, "TXT")))
    yield from _asked("DMARC", lambda: judge_dmarc(domain, _dmarc_records(domain, lookup)))
    yield from _asked("MX", lambda: judge_mx(domain, lookup(domain, "MX"), lookup(domain, "A")))
    yield from _of_dkim(domain, selector, signed, lookup)


def _of_dkim(domain: str, selector: str, signed: SignedMail | None, lookup: Lookup) -> Findings:
    """Look for the key that was named, or else for the one that signs what comes back."""
    known_by = "does the server sign? send a test mail"
    signer = Signer(selector, domain) if selector else None
    if signer is None and signed is not None:
        signer, known_by = signed.signer, f"a test mail of {signed.at:%Y-%m-%d} was signed so"
    if signer is not None:
        records = partial(lookup, signer.name, "TXT")
        yield from _asked("DKIM", lambda: judge_dkim(signer, records(), known_by))
    elif signed is not None:
        said = f"the test mail of {signed.at:%Y-%m-%d} came back without a signature of {domain}"
        yield Finding(Level.NOTE, "DKIM", f"{said}: does the server sign, at least what goes out?")
    else:
        yield Finding(Level.NOTE, "DKIM", _HOW_TO_LEARN.format(domain=domain))


def _asked(what: str, judge: Callable[[], Finding]) -> Findings:
    try:
        yield judge()
    except DnsSilent as error:
        yield Finding(Level.NOTE, what, f"not checked: DNS does not answer here ({error})")


def _dmarc_records(domain: str, lookup: Lookup) -> list[str]:
    """Return the domain's own policy, or that of the domain above it (RFC 7489, section 6.6.3).

    The nearest one is taken; that it is the organisation's own domain is not looked up.
    """
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        if found := lookup(f"_dmarc.{'.'.join(labels[start:])}", "TXT"):
            return found
    return []
