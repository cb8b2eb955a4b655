"""Names, addresses and keys that stand where they must, and nowhere else, after a whole journey.

A site as it is deployed, with faults made on purpose: what its processes wrote, every answer and
every address is looked through for what a supporter typed and for the keys to her pages.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text, update

from campaign.organisers import accounts, sign_in
from campaign.organisers.accounts import Invitation
from campaign.organisers.queries import organisers as organisers_store
from campaign.organisers.sealing import hash_organiser_email
from campaign.organisers.sign_in import Browser
from campaign.settings.settings import BASE_DIR
from campaign.signatures.rows import SignatureRow
from campaign.version import running_version
from tests.browser.conftest import free_port
from tests.helpers.running_site import RunningSite, children, kill, stopping
from tests.organiser import CONSOLE_PATH
from tests.visitor import SLUG, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.container import Container

NAME, TOWN = "Canaria Exampleton", "Canarytown"
EMAIL, OTHER = "canary.bird@example.org", "canary.second@example.org"
WORDS = "I keep canaries and write this by myself."
PERSON = {"name": NAME, "email": EMAIL, "government": "DE", "town": TOWN, "paragraph": WORDS}
TICKS = {"send_letter": "y", "send_news": "y"}
PERSONAL = re.compile(rb"canar", re.IGNORECASE)
"""Whatever she typed has it in it, however it is cut or put together."""


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> RunningSite:
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    # Nobody is too fast, so that what is sent counts.
    more = {"CAMPAIGN_FORM_SECONDS": "0"}
    running = RunningSite(instance, free_port(), free_port(), database_url, more=more)
    running.prepare()
    return running


@pytest.fixture
def container(site: RunningSite) -> Iterator[Container]:
    made = site.container()
    yield made
    made.database.close()


@pytest.mark.long
def test_nothing_personal_is_where_it_must_not_be(site: RunningSite, container: Container) -> None:
    visitor = Visitor(site)
    web, worker = site.web(), site.worker()
    with stopping(web, worker):
        site.wait_for_web()
        keys = journey(visitor, container)
        nonsense(visitor, container)
        crash(worker)
        faults(visitor, container)
        crash(web)
    for path in sorted(site.folder.rglob("*")):
        if path.is_file() and path.parent.name != "outbox":
            content = path.read_bytes()
            assert not PERSONAL.search(content), path.name
            assert not [key for key in keys if key.encode() in content], path.name
    look_through(visitor)
    lines = logged(site)
    events = {one["event"] for one in lines}
    starts = [one for one in lines if one["event"] in {"web started", "worker started"}]
    assert {one["event"] for one in starts} == {"web started", "worker started"}
    assert {(one["version"], one["commit"]) for one in starts} == {astuple(running_version())}
    assert {"request failed", "database unavailable"} & events
    assert any(one.get("request") in visitor.requests for one in lines)
    assert not list(BASE_DIR.glob("core*"))


def journey(visitor: Visitor, container: Container) -> list[str]:
    """Do everything that a supporter and an organiser do; return the keys that were used."""
    check = visitor.sign(**PERSON, **TICKS).location
    mail = visitor.mail(EMAIL, "confirmation")
    visitor.post(check, ("code", "000000"))
    visitor.get(mail.link("confirm"))
    done = visitor.post(mail.link("confirm")).location
    assert "/done/" in done
    private = done.replace("/done/", "/private/")
    for path in (done, private, f"{visitor.start}/signatories", f"/{SLUG}/counts.json"):
        visitor.get(path)
    kept = [("name", NAME), ("town", TOWN), ("show_name", "y"), ("send_letter", "y")]
    visitor.post(f"{private}/correct", *kept)
    for wanted in ("text", "json"):
        assert NAME in visitor.post(f"{private}/download", ("as", wanted)).text
    visitor.post(f"{private}/pdf")
    visitor.get(f"{visitor.start}/signatories")
    visitor.sign(**PERSON | {"name": f"{NAME} Two"}, **TICKS)
    visitor.mail(EMAIL, "already_signed")
    second = visitor.sign(**PERSON | {"email": OTHER}, **TICKS).location
    stop = visitor.mail(OTHER, "confirmation").link("stop")
    visitor.post(stop)
    organise(visitor, container)
    answered(visitor.site)
    paths = [check, mail.link("confirm"), private, second, stop]
    return [path.rpartition("/")[2] for path in paths]


def organise(visitor: Visitor, container: Container) -> None:
    visitor.post("/console/sign-in", ("email", EMAIL), ("password", f"{NAME} {TOWN}"))
    with container.database.writing() as session:
        invitation = Invitation("Ona Example", "ona@example.org", site_owner=True)
        accounts.invite(session, container.keyring, invitation, "Test", container.clock())
        row = organisers_store.by_email(
            session, hash_organiser_email(container.keyring, "ona@example.org")
        )
        assert row is not None
        token = sign_in.start_session(session, row, Browser(None, "Test"), container.clock())
    visitor.cookie = f"__Host-console={token}"
    page = visitor.get(f"{CONSOLE_PATH}/signatures")
    form = re.search(r'name="csrf_token" value="([^"]*)"', page.text)
    assert form, page.text
    for field, value in (("email", EMAIL), ("name", NAME)):
        visitor.post(
            f"{CONSOLE_PATH}/signatures/find", ("csrf_token", form.group(1)), (field, value)
        )
    visitor.cookie = ""


def answered(site: RunningSite) -> None:
    """Let somebody's answer come in that quotes everything."""
    wire = f"From: {EMAIL}\r\nTo: post@example.org\r\nSubject: {NAME}\r\n\r\n{WORDS}\r\n".encode()
    with (site.folder / "inbound.log").open("ab") as log:
        subprocess.run(
            [sys.executable, "-m", "campaign", "inbound"],
            env=site.environ,
            cwd=BASE_DIR,
            input=wire,
            stdout=log,
            stderr=log,
            check=True,
        )


def nonsense(visitor: Visitor, container: Container) -> None:
    """Break what is stored about her, and ask for what is not there."""
    with container.database.writing() as session:
        signature = session.scalars(select(SignatureRow.id)).first()
        broken = {"sealed": b"\x01" + b"broken" * 9}
        session.execute(update(SignatureRow).where(SignatureRow.id == signature).values(**broken))
    visitor.get(f"{visitor.start}/signatories")
    visitor.get(f"{visitor.start}/sign?source={EMAIL}&government={NAME.replace(' ', '+')}")
    visitor.get(f"/{TOWN}/{EMAIL}/private/x")
    visitor.get(f"/en/{'canary' * 1000}")


def faults(visitor: Visitor, container: Container) -> None:
    """Let things break while a person's words are in hand."""
    filled = visitor.form_after_preview(**PERSON | {"email": "canary.third@example.org"}, **TICKS)
    for table in ("outgoing", "signatures"):
        with table_away(container, table):
            failed = visitor.ask("POST", f"{visitor.start}/sign", filled)
            assert failed.status in {500, 503}
            assert visitor.get(f"{visitor.start}/signatories").status in {200, 500, 503}


@contextmanager
def table_away(container: Container, name: str) -> Iterator[None]:
    rename = "ALTER TABLE {} RENAME TO {}"
    with container.database.engine.begin() as connection:
        connection.execute(text(rename.format(name, f"{name}_away")))
    try:
        yield
    finally:
        with container.database.engine.begin() as connection:
            connection.execute(text(rename.format(f"{name}_away", name)))


def crash(process: subprocess.Popen[bytes]) -> None:
    """End it as a fault in a library of C would."""
    for child in children(process.pid):
        os.kill(child, signal.SIGSEGV)
    kill(process, signal.SIGABRT)
    process.wait()


def look_through(visitor: Visitor) -> None:
    for answer in visitor.answers:
        assert not PERSONAL.search(answer.location.encode()), answer.location
        if not PERSONAL.search(answer.body):
            continue
        shown = answer.path.endswith("/signatories")
        assert answer.cache_control == "no-store" or shown, answer.path
        if answer.status >= 400:
            # Only what she sent comes back to her, in the form that she sends again.
            assert answer.method == "POST", answer.path


def logged(site: RunningSite) -> list[dict[str, str]]:
    """Return every line that the processes wrote: JSON, with its time in UTC."""
    lines = []
    for path in site.folder.glob("*.log"):
        if path.name == "inbound.log":
            continue
        for line in path.read_text().splitlines():
            if line.startswith("{"):
                lines.append(json.loads(line))
                assert datetime.fromisoformat(lines[-1]["time"]).utcoffset() == timedelta(0)
            else:
                pytest.fail(f"{path.name}: {line}")
    return lines
