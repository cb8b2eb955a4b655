"""`campaign doctor` finds what is wrong before a letter does."""

from __future__ import annotations

import base64
import ssl
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from campaign.cli import commands
from campaign.dnsrecords import DnsSilent, Resolver
from tests.settings_for_tests import live_site
from tests.smtp_server import HOST, Behaviour, SmtpServer, smtp_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import trustme

    from campaign.factory import House
    from tests.clock import Clock
    from tests.supporter import Supporter

GOOD = {
    ("example.org", "TXT"): ["v=spf1 mx -all"],
    ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=reject"],
    ("example.org", "MX"): ["10 mx.example.org."],
    ("s1._domainkey.example.org", "TXT"): ["v=DKIM1; p=MIGf"],
}


@pytest.fixture
def doctor(environ: dict[str, str], house: House) -> Callable[..., Result]:
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
            live_site(environ)
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
    assert "note  ministries: 0 of 28" in done.output
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
    doctor: Callable[..., Result], house: House
) -> None:
    assert doctor("--mail-to", "myself@example.org").exit_code == 0
    assert len(list((house.settings.instance / "outbox").glob("mail-test-*.eml"))) == 1


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
    doctor: Callable[..., Result], house: House
) -> None:
    ledger = house.settings.instance / "erased.ledger"
    ledger.touch(mode=0o600)
    assert "others can read" not in doctor().output
    ledger.chmod(0o640)
    assert f"FAULT files: others can read erased.ledger: chmod 600 {ledger}" in doctor().output
    file = house.database.file
    if file is not None:
        file.chmod(0o644)
        assert f"FAULT files: others can read {file.name}: chmod 600 {file}" in doctor().output


def test_key_files_that_others_can_read_are_a_fault(
    doctor: Callable[..., Result], house: House
) -> None:
    (path, *_) = house.settings.instance.glob("*.secret")
    path.chmod(0o644)
    assert f"FAULT files: others can read {path.name}" in doctor().output


def test_a_mail_that_is_late_shows_that_no_worker_runs(
    doctor: Callable[..., Result], supporter: Supporter, house: House, clock: Clock
) -> None:
    supporter.submit()
    assert "FAULT worker: a mail is due since" in doctor().output
    supporter.deliver()
    with house.database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM mails WHERE state = 'queued'")) == 0
    assert "ok    worker" in doctor().output


def test_where_dns_does_not_answer_that_is_said_and_is_no_fault(
    environ: dict[str, str], house: House, mail_server: tuple[SmtpServer, dict[str, str]]
) -> None:
    def silent(_name: str, _kind: str) -> list[str]:
        raise DnsSilent("LifetimeTimeout")

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
    with pytest.raises(DnsSilent):
        Resolver(seconds=0.0)("example.invalid", "TXT")
