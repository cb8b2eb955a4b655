"""`campaign doctor` finds what is wrong before a letter does."""

from __future__ import annotations

import base64
import ssl
from datetime import UTC, datetime
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from campaign.cli import commands
from campaign.mail.dns_lookup import DnsResolver, DnsUnavailable
from tests.helpers.inbound import receive
from tests.helpers.settings import live_environ
from tests.helpers.smtp_server import HOST, Behaviour, SmtpServer, smtp_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import trustme

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

GOOD = {
    ("example.org", "TXT"): ["v=spf1 mx -all"],
    ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=reject"],
    ("example.org", "MX"): ["10 mx.example.org."],
    ("s1._domainkey.example.org", "TXT"): ["v=DKIM1; p=MIGf"],
}


@pytest.fixture
def doctor(environ: dict[str, str], container: Container) -> Callable[..., Result]:
    """Run the command with records of ours instead of the world's."""

    def run(
        *arguments: str, records: dict[tuple[str, str], list[str]] = GOOD, **changes: str
    ) -> Result:
        def lookup(name: str, kind: str) -> list[str]:
            return records.get((name, kind), [])

        env = environ | changes
        return CliRunner().invoke(commands, ["doctor", *arguments], env=env, obj=lookup)

    return run


@pytest.fixture
def mail_server(
    environ: dict[str, str], authority: trustme.CA, ca_file: Path
) -> Iterator[tuple[SmtpServer, dict[str, str]]]:
    """A server that asks for encryption and a login, and the settings that fit it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    with smtp_server(Behaviour(tls=context, password="right")) as server:
        yield (
            server,
            live_environ(environ)
            | {
                "CAMPAIGN_SMTP_TLS": "starttls",
                "CAMPAIGN_SMTP_HOST": HOST,
                "CAMPAIGN_SMTP_PORT": str(server.port),
                "CAMPAIGN_SMTP_USER": "operator",
                "CAMPAIGN_SMTP_PASSWORD": "right",
                "CAMPAIGN_SMTP_CA_FILE": str(ca_file),
            },
        )


def test_on_a_first_run_all_is_well_and_nothing_leaves(doctor: Callable[..., Result]) -> None:
    done = doctor()
    assert done.exit_code == 0, done.output
    assert "ok    settings: development; files: nothing leaves this machine" in done.output
    assert "can be opened" in done.output
    assert "mail server" not in done.output


def test_mail_server_certificate_login_and_records_are_looked_into(
    doctor: Callable[..., Result], mail_server: tuple[SmtpServer, dict[str, str]]
) -> None:
    server, settings = mail_server
    done = doctor("--dkim-selector", "s1", **settings)
    assert done.exit_code == 0, done.output
    assert "LIVE: letters leave for ministries" in done.output
    assert "answers, logged in as operator" in done.output
    assert "certificate: valid until" in done.output
    for what in ("SPF", "DKIM", "DMARC", "MX"):
        assert f"ok    {what}: " in done.output
    assert "note  recipients: 0 of 27 recipients of the campaigns" in done.output
    assert server.received == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"CAMPAIGN_SMTP_PASSWORD": "wrong"}, "FAULT mail server: "),
        ({"CAMPAIGN_SMTP_CA_FILE": ""}, "CERTIFICATE_VERIFY_FAILED"),
        ({"CAMPAIGN_SMTP_PORT": "1"}, "FAULT mail server: "),
    ],
)
def test_a_mail_server_that_cannot_be_used_is_a_fault(
    doctor: Callable[..., Result],
    mail_server: tuple[SmtpServer, dict[str, str]],
    changes: dict[str, str],
    said: str,
) -> None:
    _, settings = mail_server
    done = doctor(**settings | changes)
    assert done.exit_code == 1
    assert said in done.output
    assert "wrong" not in done.output


def test_a_test_mail_goes_to_the_named_address_and_to_nobody_else(
    doctor: Callable[..., Result], mail_server: tuple[SmtpServer, dict[str, str]]
) -> None:
    server, settings = mail_server
    done = doctor("--mail-to", "myself@example.org", **settings)
    assert "ok    test mail: handed over to smtp" in done.output
    assert [one.recipients for one in server.received] == [("myself@example.org",)]
    assert doctor("--mail-to", "nobody", **settings).exit_code == 2


def test_a_test_mail_is_a_file_where_nothing_leaves(
    doctor: Callable[..., Result], container: Container
) -> None:
    assert doctor("--mail-to", "myself@example.org").exit_code == 0
    assert len(list((container.settings.instance / "outbox").glob("mail-test-*.eml"))) == 1


def test_every_wrong_setting_is_named(doctor: Callable[..., Result]) -> None:
    done = doctor(CAMPAIGN_SMTP_PORT="many", CAMPAIGN_PACE="fast")
    assert done.exit_code == 1
    assert done.output.count("FAULT settings: ") == 2


def test_a_database_that_is_away_or_empty_is_a_fault(
    doctor: Callable[..., Result], tmp_path: Path
) -> None:
    away = doctor(CAMPAIGN_DATABASE_URL="postgresql://127.0.0.1:1/nowhere")
    assert "FAULT database: it cannot be used" in away.output
    empty = doctor(CAMPAIGN_DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert "FAULT database: tables are missing: run campaign prepare" in empty.output
    assert away.exit_code == empty.exit_code == 1


def test_keys_that_do_not_open_what_is_there_are_a_fault(
    doctor: Callable[..., Result], supporter: Supporter
) -> None:
    supporter.submit()
    done = doctor(CAMPAIGN_SEALING_KEYS=base64.b64encode(bytes(range(32))).decode())
    assert "FAULT keys:" in done.output
    assert "CAMPAIGN_SEALING_KEYS lacks what some of it was sealed with" in done.output


def test_a_database_and_a_ledger_that_others_can_read_are_a_fault(
    doctor: Callable[..., Result], container: Container
) -> None:
    ledger = container.settings.instance / "erased.ledger"
    ledger.touch(mode=0o600)
    assert "others can read" not in doctor().output
    ledger.chmod(0o640)
    assert f"FAULT files: others can read erased.ledger: chmod 600 {ledger}" in doctor().output
    file = container.database.sqlite_path
    if file is not None:
        file.chmod(0o644)
        assert f"FAULT files: others can read {file.name}: chmod 600 {file}" in doctor().output


def test_key_files_that_others_can_read_are_a_fault(
    doctor: Callable[..., Result], container: Container
) -> None:
    (path, *_) = container.settings.instance.glob("*.secret")
    path.chmod(0o644)
    assert f"FAULT files: others can read {path.name}" in doctor().output


def test_a_mail_that_is_late_shows_that_no_worker_runs(
    doctor: Callable[..., Result], supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.submit()
    assert "FAULT worker: a mail is due since" in doctor().output
    supporter.deliver()
    with container.database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM outgoing WHERE state = 'queued'")) == 0
    assert "ok    worker" in doctor().output


def test_where_dns_does_not_answer_that_is_said_and_is_no_fault(
    environ: dict[str, str], container: Container, mail_server: tuple[SmtpServer, dict[str, str]]
) -> None:
    def silent(_name: str, _kind: str) -> list[str]:
        raise DnsUnavailable("LifetimeTimeout")

    env = environ | mail_server[1]
    done = CliRunner().invoke(commands, ["doctor"], env=env, obj=silent)
    assert done.exit_code == 0, done.output
    assert "note  SPF: not checked: DNS does not answer here (LifetimeTimeout)" in done.output


def test_records_that_make_servers_refuse_mail_are_a_fault(
    doctor: Callable[..., Result], mail_server: tuple[SmtpServer, dict[str, str]]
) -> None:
    done = doctor(records={}, **mail_server[1])
    assert done.exit_code == 1
    for what in ("SPF", "DMARC", "MX"):
        assert f"FAULT {what}: example.org" in done.output


def test_a_policy_of_the_domain_above_counts(
    doctor: Callable[..., Result], mail_server: tuple[SmtpServer, dict[str, str]]
) -> None:
    records = {
        ("letters.example.org", "TXT"): ["v=spf1 mx -all"],
        ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=reject"],
        ("letters.example.org", "A"): ["192.0.2.1"],
    }
    settings = mail_server[1] | {"CAMPAIGN_SENDER": "letters@letters.example.org"}
    done = doctor(records=records, **settings)
    assert done.exit_code == 0, done.output
    assert "ok    DMARC: letters.example.org: p=reject" in done.output
    assert "note  MX: letters.example.org has no MX record" in done.output


def test_a_name_server_that_is_not_there_is_a_silent_one() -> None:
    with pytest.raises(DnsUnavailable):
        DnsResolver(seconds=0.0)("example.invalid", "TXT")


def came_back(server: SmtpServer, *signatures: str) -> bytes:
    """Return the test mail that was sent last, as it comes back when servers have signed it."""
    head = "".join(f"DKIM-Signature: {one}\r\n" for one in signatures)
    return head.encode() + server.received[-1].content


OURS = "v=1; a=rsa-sha256; c=relaxed/simple; d=example.org;\r\n\ts=s1; t=1; bh=x; h=From:To; b=y"
RELAYS = "v=1; a=rsa-sha256; d=relay.example; s=theirs; bh=x; h=From; b=y"


@pytest.fixture
def live(
    make_container: Callable[[dict[str, str]], Container],
    mail_server: tuple[SmtpServer, dict[str, str]],
    clock: Clock,
) -> Container:
    """A live site that sends to the server, by the clock that the command goes by."""
    clock.now = datetime.now(UTC)
    return make_container(mail_server[1])


def test_the_selector_is_read_from_a_test_mail_that_came_back(
    doctor: Callable[..., Result], mail_server: tuple[SmtpServer, dict[str, str]], live: Container
) -> None:
    server, settings = mail_server
    before = doctor("--mail-to", "test@example.org", **settings)
    assert "note  DKIM: not checked: under which selector is the key?" in before.output
    assert "--mail-to ANYTHING@example.org" in before.output
    assert "look for s= in its DKIM-Signature" in before.output
    said = receive(live, came_back(server, RELAYS, OURS), "test@example.org")
    assert said == "a test mail of campaign doctor, signed as s1._domainkey.example.org"
    after = doctor(**settings)
    assert after.exit_code == 0, after.output
    assert "ok    DKIM: s1._domainkey.example.org has a key" in after.output
    assert f"a test mail of {live.clock():%Y-%m-%d} was signed so" in after.output
    gone = doctor(records={**GOOD, ("s1._domainkey.example.org", "TXT"): []}, **settings)
    assert "FAULT DKIM: s1._domainkey.example.org has no key" in gone.output
    named = doctor("--dkim-selector", "s2", **settings)
    assert "FAULT DKIM: s2._domainkey.example.org has no key" in named.output


def test_the_newest_test_mail_counts_and_the_same_one_only_once(
    doctor: Callable[..., Result],
    mail_server: tuple[SmtpServer, dict[str, str]],
    live: Container,
    clock: Clock,
) -> None:
    server, settings = mail_server
    for selector in ("s0", "s1"):
        clock.advance(minutes=1)
        doctor("--mail-to", "test@example.org", **settings)
        wire = came_back(server, OURS.replace("s=s1", f"s={selector}"))
        receive(live, wire)
    assert receive(live, wire) == "this message was taken before"
    assert "s1._domainkey.example.org has a key" in doctor(**settings).output


def test_a_test_mail_that_came_back_unsigned_is_worth_a_look(
    doctor: Callable[..., Result], mail_server: tuple[SmtpServer, dict[str, str]], live: Container
) -> None:
    server, settings = mail_server
    doctor("--mail-to", "test@example.org", **settings)
    said = receive(live, came_back(server, RELAYS))
    assert said == "a test mail of campaign doctor, not signed for example.org"
    done = doctor(**settings)
    said = f"note  DKIM: the test mail of {live.clock():%Y-%m-%d} came back without a signature"
    assert said in done.output


@pytest.mark.parametrize(
    "forged",
    [
        "Message-ID: <0197f000-0000-7000-8000-000000000009@example.org>",
        "Message-ID: <x.y@example.org>",
        "In-Reply-To: OURS",
        "Message-ID: ANOTHER",
    ],
)
def test_a_selector_in_a_message_that_is_no_test_mail_is_not_believed(
    doctor: Callable[..., Result],
    mail_server: tuple[SmtpServer, dict[str, str]],
    live: Container,
    clock: Clock,
    forged: str,
) -> None:
    server, settings = mail_server
    doctor("--mail-to", "test@example.org", **settings)
    ours = str(message_from_bytes(server.received[-1].content)["Message-ID"])
    another = ours.replace("@example.org", "@elsewhere.example")
    head = forged.replace("OURS", ours).replace("ANOTHER", another)
    wire = f"From: letters@example.org\r\n{head}\r\nDKIM-Signature: {OURS}\r\n\r\nHello\r\n"
    assert "test mail" not in receive(live, wire.encode())
    assert "DKIM: not checked" in doctor(**settings).output
    clock.advance(days=8)
    assert "test mail" not in receive(live, came_back(server, OURS))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        ";;;=",
        "d=example.org",
        "s=s1",
        "d=example.org; s=a b",
        "d=org; s=s1",
        "d=example.org; s=../x",
    ],
)
def test_a_signature_that_names_no_place_of_ours_in_the_dns_is_none(
    doctor: Callable[..., Result],
    mail_server: tuple[SmtpServer, dict[str, str]],
    live: Container,
    signature: str,
) -> None:
    server, settings = mail_server
    doctor("--mail-to", "test@example.org", **settings)
    assert receive(live, came_back(server, signature)).endswith("not signed for example.org")
