"""What a hostile message costs: taking it in, her private page, and the mail that passes it on.

Each message of benchmarks/hostile_messages.py answers a letter of its own; where it is taken for an
answer, the page of that letter's writer shows it. Prints the slowest and the project's own limit;
each figure is a median of several runs, the mail's of one, of the process's own seconds: others may
use the machine too.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hostile_messages import every
from made_up import sign
from sqlalchemy import select

from campaign.container import build_container
from campaign.delivery.inbound import InboundMailService
from campaign.delivery.transports.memory import MemoryTransport
from campaign.letters.rows import LetterRow
from campaign.operations.commands.prepare import load_data
from campaign.services import create_worker
from campaign.settings.load import load_settings
from campaign.store import migrate
from campaign.web_app import create_app
from tests.helpers.campaigns import loaded_campaign

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient
    from hostile_messages import Hostile

    from campaign.container import Container
    from campaign.worker import Worker

RUNS = 3
SHOWN = 12
LIMIT_MS = 200.0


@dataclass(frozen=True)
class Cost:
    """Milliseconds."""

    name: str
    taken_in: float
    page: float
    mail: float

    @property
    def worst(self) -> float:
        return max(self.taken_in, self.page, self.mail)


def main() -> None:
    messages = list(every())
    with tempfile.TemporaryDirectory() as instance:
        container = build_container(load_settings({**os.environ, "CAMPAIGN_INSTANCE": instance}))
        migrate.upgrade(container.database)
        load_data(container)
        sign(container, len(messages))
        worker = create_worker(container, MemoryTransport())
        run(worker)
        with container.database.reading() as session:
            letters = session.scalars(select(LetterRow)).all()
        browser = create_app(container).test_client()
        costs = [
            cost(container, worker, browser, letter, hostile)
            for letter, hostile in zip(letters, messages, strict=True)
        ]
        container.database.close()
    report(costs)


def report(costs: list[Cost]) -> None:
    print(f"{len(costs)} messages; the slowest, in ms{'':30}{'taken in':>9}{'page':>9}{'mail':>9}")
    for one in sorted(costs, key=lambda one: -one.worst)[:SHOWN]:
        print(f"{one.name[:60]:60}{one.taken_in:9.1f}{one.page:9.1f}{one.mail:9.1f}")
    plain = costs[0]
    print(f"{plain.name:60}{plain.taken_in:9.1f}{plain.page:9.1f}{plain.mail:9.1f}")
    slow = sum(one.worst > LIMIT_MS for one in costs)
    print(f"over the limit of {LIMIT_MS:.0f} ms: {slow}")


def cost(
    container: Container, worker: Worker, browser: FlaskClient, letter: LetterRow, hostile: Hostile
) -> Cost:
    message_id = f"<{letter.id}@{container.settings.operator.domain}>"
    inbound_service = InboundMailService(
        container.keyring, container.tokens, container.settings.operator
    )

    def receive(wire: bytes) -> None:
        with container.database.writing() as session:
            inbound_service.receive(session, wire, "", container.clock())

    taken_in, mails = [], []
    for number in range(RUNS):
        wire = hostile.wire(message_id, number)
        taken_in.append(milliseconds(receive, wire))
        mails.append(milliseconds(run, worker))
    path = urlsplit(
        container.links.private_url(
            "en", loaded_campaign(container), letter.signature_id, container.clock()
        )
    ).path
    pages = [milliseconds(browser.get, path) for _ in range(RUNS)]
    # The first: her confirmation and the day's cap leave her two.
    return Cost(hostile.name, statistics.median(taken_in), statistics.median(pages), mails[0])


def run(worker: Worker) -> None:
    while worker.step():
        pass


def milliseconds(act: Callable[..., object], *given: object) -> float:
    began = time.process_time()
    act(*given)
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    main()
