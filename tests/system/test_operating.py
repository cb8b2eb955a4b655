"""docs/operating.md, typed as it stands into a bare Debian by somebody who may use sudo.

What is not there is said in `bare_debian` and `stand_ins`.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from campaign.backup import archive
from tests.helpers.operating_page import packages, sections
from tests.system.bare_debian import BareDebian

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 30.0
SITE = "https://letters.example.org"
CURL = "curl --fail --silent --show-error"
ANSWER = "From: testa@example.org\\nTo: post@letters.example.org\\nSubject: Yes\\n\\nWe do.\\n"
NEWS = (
    "From: post@letters.example.org\\nSubject: News\\nList-Unsubscribe: <https://letters.example.org/u>"
    "\\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\\n\\nNews\\n"
)
BROUGHT = ("/proc", "/run/started", "/home/ada", "/wheels", "/source", "/other-machine")
"""What this test brought, and the page did not."""


@pytest.fixture(scope="module")
def machine() -> Iterator[BareDebian]:
    """A machine on which the page was typed, all but its last commands."""
    # Not in memory, where other tests write: it is 1.5 GB, and has devices.
    with TemporaryDirectory(prefix="campaign-debian-", dir="/var/tmp") as folder:
        made = BareDebian(Path(folder))
        made.install(packages())
        with made.booted():
            first, *others = sections()["Install"]
            made.type(first)
            made.start_what_was_installed()
            for heading in ("Mail", "What is written down", "Backups"):
                others += sections()[heading]
            for block in others:
                made.type(block)
            yield made


def queued(machine: BareDebian, recipient: str) -> str:
    """Return the messages to somebody that wait in Postfix's queue, for want of a network."""
    deadline = time.monotonic() + PATIENCE
    find = "sudo find /var/spool/postfix/deferred -type f"
    while time.monotonic() < deadline:
        said = machine.type(f"for file in $({find}); do sudo postcat $file; done")
        messages = [
            one for one in said.split("*** ENVELOPE") if f"\nrecipient: {recipient}\n" in one
        ]
        if messages:
            return "".join(messages)
        time.sleep(0.5)
    raise AssertionError(f"no mail to {recipient}: {said}")


def test_visitors_get_the_site_by_its_name_and_over_tls(machine: BareDebian) -> None:
    assert "<h1" in machine.type(f"{CURL} --location {SITE}/")
    moved = machine.type(f"{CURL} --head http://letters.example.org/en")
    assert "301" in moved
    assert f"Location: {SITE}/en" in moved


def test_the_settings_are_roots_and_the_sites_user_can_read_them(machine: BareDebian) -> None:
    assert "\nroot campaign 640\n" in machine.type(
        "sudo stat --format '%U %G %a' /etc/campaign.env"
    )
    assert machine.tried("cat /etc/campaign.env").returncode != 0
    assert "Testa Example $ociety #1" in machine.type(f"{CURL} {SITE}/en/privacy")


def test_a_command_without_the_settings_says_so_and_makes_nothing(machine: BareDebian) -> None:
    typed = "cd /tmp && sudo -u campaign /srv/campaign/current/.venv/bin/campaign letters uncertain"
    done = machine.tried(typed)
    assert done.returncode == 1
    assert "CAMPAIGN_ENVIRONMENT is not set, and this machine has /etc/campaign.env" in done.stdout
    assert machine.tried("sudo ls -d /tmp/instance /srv/campaign/instance").returncode != 0


def test_a_command_notes_who_typed_it(machine: BareDebian) -> None:
    verify = "sudo campaign recipients verify DE/foreign-affairs"
    verify += " --email office@example.org --reason 'its page'"
    machine.type(verify)
    assert "by ada" in machine.type("sudo campaign recipients list")
    machine.type(f"{verify} --by 'Grace Example'")
    assert "by ada and Grace Example" in machine.type("sudo campaign recipients list")


def test_what_comes_back_is_taken_in_and_told_by_this_machines_server(machine: BareDebian) -> None:
    machine.type(f"printf '{ANSWER}' | /usr/sbin/sendmail post@letters.example.org")
    deadline = time.monotonic() + PATIENCE
    while "fits no letter" not in (said := machine.type("sudo campaign letters answers")):
        assert time.monotonic() < deadline, said
        time.sleep(0.5)
    assert "DKIM-Signature" in queued(machine, "safe@example.org")


def test_mail_leaves_signed_with_what_ends_news_in_one_click(machine: BareDebian) -> None:
    machine.type(f"printf '{NEWS}' | /usr/sbin/sendmail -f post@letters.example.org to@example.net")
    signature = queued(machine, "to@example.net").partition("DKIM-Signature:")[2]
    assert "d=letters.example.org" in signature.partition("b=")[0]
    found = re.search(r"\bh=([^;]+);", signature)
    assert found
    headers = set("".join(found[1].lower().split()).split(":"))
    assert {"from", "list-unsubscribe", "list-unsubscribe-post"} <= headers


def test_somebody_is_told_of_a_unit_that_failed(machine: BareDebian) -> None:
    machine.type("sudo -u campaign campaign-failed campaign-watch.service")
    assert "campaign-watch.service failed on letters" in queued(machine, "ada@example.org")


def test_the_watch_and_the_figures_work_with_counters_in_memory(machine: BareDebian) -> None:
    machine.type("sudo systemctl start campaign-watch")
    assert "campaign_" in machine.type(f"{CURL} http://127.0.0.1:9464/metrics")
    assert "campaign 700" in machine.type("stat --format '%U %a' /run/campaign")


def test_new_processes_take_over_after_a_change_of_the_settings(machine: BareDebian) -> None:
    before = web_processes(machine)
    machine.type("sudo /srv/campaign/source/deploy/upgrade.sh --restart")
    after = web_processes(machine)
    assert len(before) == len(after) == 3
    assert before.isdisjoint(after)
    assert "ok" in machine.type(f"{CURL} {SITE}/healthz")


def web_processes(machine: BareDebian) -> set[str]:
    """Return the ids of the web server's processes: the one that stays, and two that answer."""
    said = machine.type("pgrep --full campaign.server")
    return {line for line in said.splitlines() if line.isdigit()}


def test_a_certificate_is_renewed_while_the_site_runs(machine: BareDebian) -> None:
    machine.type("sudo certbot renew")


def test_backups_and_the_ledger_are_on_the_other_machine(
    machine: BareDebian, tmp_path: Path
) -> None:
    there = machine.other_machine / "campaign"
    (backup,) = there.glob("*.age")
    key = archive.parse_identity((machine.other_machine / "backup.key").read_text())
    assert archive.unpack(backup, tmp_path, key).dialect == "postgresql"
    assert (there / "erased.ledger").read_bytes() == (tmp_path / archive.LEDGER_MEMBER).read_bytes()


def test_nothing_is_left_when_it_was_uninstalled(machine: BareDebian) -> None:
    for block in sections()["Uninstall"]:
        machine.type(block)
    passed_over = " -o ".join(f"-path {path}" for path in BROUGHT)
    found = machine.type(f"sudo find / \\( {passed_over} \\) -prune -o -iname '*campaign*' -print")
    assert [line for line in found.splitlines() if not line.startswith("+")] == []
    assert machine.tried("getent passwd campaign").returncode != 0
    assert machine.tried(f"{CURL} {SITE}/").returncode != 0
    assert "campaign" not in machine.type("sudo postconf -n && sudo postconf -M")
