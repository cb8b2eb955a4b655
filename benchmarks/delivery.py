"""How many letters a second one worker hands to a mail server, against smtplib alone.

The peer is what anybody would write first: one connection of smtplib, each message built
with `email.message.EmailMessage` from plain values, and one committed UPDATE for each, in
a database opened in the same way. The worker does the same work with a lease, a started
and a result row for each letter, sealed values and the checks of what it builds. Both hand
the same letters to Postfix's smtp-sink, in turn, in the same run; the pace is off.

The limit, 0.5 of the peer, is the project's own.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

import results
from made_up import sign
from sqlalchemy import select, text, update

from campaign.container import Container, build_container
from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.letters.rows import LetterRow
from campaign.letters.sealing import unseal_letter
from campaign.operations.commands.prepare import load_data
from campaign.services import create_worker
from campaign.settings.load import load_settings
from campaign.store import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

HOST = "127.0.0.1"
LETTERS = 500
RUNS = 5
LIMIT = 0.5


@dataclass(frozen=True)
class Plain:
    """A letter as plain values: what the peer builds its message from."""

    id: str
    subject: str
    body: str
    sender: str
    date: datetime


def main() -> None:
    if shutil.which("smtp-sink") is None:
        sys.exit("benchmarks/delivery.py needs smtp-sink (Debian: apt-get install postfix)")
    ours, peers = [], []
    with sink() as port:
        for _ in range(RUNS):
            ours.append(LETTERS / by_worker(port))
            peers.append(LETTERS / by_smtplib(port))
    ratios = [mine / peer for mine, peer in zip(ours, peers, strict=True)]
    said = (
        f"{statistics.median(ours):.0f} against {statistics.median(peers):.0f} a second,"
        f" {min(ratios):.2f} to {max(ratios):.2f}"
    )
    results.row("letters to smtp-sink (smtplib)", statistics.median(ratios), f">= {LIMIT}", said)


def by_worker(port: int) -> float:
    with house_of(port) as container:
        worker = create_worker(container)
        began = time.perf_counter()
        while worker.step():
            pass
        took = time.perf_counter() - began
        with container.database.reading() as session:
            states = set(session.scalars(select(LetterRow.state)))
        assert states == {"accepted"}, states
    return took


def by_smtplib(port: int) -> float:
    with house_of(port) as container:
        letters = plain_letters(container)
        began = time.perf_counter()
        with (
            smtplib.SMTP(HOST, port) as client,
            container.database.write_engine.connect() as database,
        ):
            for letter in letters:
                message = EmailMessage()
                message["From"] = f"Testa Example via a campaign <{letter.sender}>"
                message["To"] = "safe@example.org"
                message["Subject"] = letter.subject
                message["Date"] = format_datetime(letter.date)
                message["Message-ID"] = f"<{letter.id}@example.org>"
                message["Content-Language"] = "de"
                message.set_content(letter.body)
                client.send_message(message)
                database.execute(
                    text("UPDATE letters SET state = 'accepted' WHERE id = :id"),
                    {"id": letter.id},
                )
                database.commit()
        return time.perf_counter() - began


def plain_letters(container: Container) -> list[Plain]:
    with container.database.reading() as session:
        found = []
        for row in session.scalars(select(LetterRow)):
            assert row.sealed is not None
            words, _ = unseal_letter(container.keyring, row.signature_id, row.sealed)
            campaign = container.campaign_cache.by_id(session, row.campaign_id).campaign
            footer = container.message_builder.render_footer(
                campaign, row.language, "https://letters.example.org/" + "x" * 90
            )
            found.append(
                Plain(
                    id=row.id.hex,
                    subject=words.subject,
                    body=f"{words.full_text}\n-- \n{footer}",
                    sender="testa.example@example.org",
                    date=row.queued_at or row.changed_at,
                )
            )
        return found


@contextmanager
def house_of(port: int) -> Iterator[Container]:
    """Give a site whose letters are queued; its mails to supporters are out of the way."""
    with tempfile.TemporaryDirectory() as instance:
        environ = {
            **os.environ,
            "CAMPAIGN_INSTANCE": instance,
            "CAMPAIGN_TRANSPORT": "rehearsal",
            "CAMPAIGN_REHEARSAL_ADDRESS": "safe@example.org",
            "CAMPAIGN_SMTP_HOST": HOST,
            "CAMPAIGN_SMTP_PORT": str(port),
            "CAMPAIGN_SMTP_TLS": "none",
        }
        container = build_container(load_settings(environ))
        migrate.upgrade(container.database)
        load_data(container)
        sign(container, LETTERS)
        with container.database.writing() as session:
            session.execute(update(OutgoingRow).values(state=OutgoingState.DROPPED))
        yield container
        container.database.close()


@contextmanager
def sink() -> Iterator[int]:
    with socket.create_server((HOST, 0)) as listener:
        port = int(listener.getsockname()[1])
    process = subprocess.Popen(["smtp-sink", "-u", "nobody", f"{HOST}:{port}", "100"])
    try:
        for _ in range(100):
            try:
                socket.create_connection((HOST, port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
