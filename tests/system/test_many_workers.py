"""Many workers, one queue, one mail server: each letter once, as the server saw it."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.letters.rules.letter import LetterState
from tests.helpers.worker_processes import (
    count_letters,
    submit_signatures,
    wait_until,
    worker_processes,
)
from tests.system.relay import HOST, sink

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.container import Container

LETTERS = 400


@pytest.mark.parametrize(("kind", "workers"), [("postgresql", 8), ("sqlite", 2)])
def test_each_letter_reaches_the_server_once(
    request: pytest.FixtureRequest,
    make_container: Callable[[dict[str, str]], Container],
    tmp_path: Path,
    open_folder: Path,
    kind: str,
    workers: int,
) -> None:
    dump = open_folder / "dump"
    dump.mkdir()
    dump.chmod(0o777)
    with sink("-d", f"{dump}/%s.") as port:
        environ = {
            "CAMPAIGN_DATABASE_URL": request.getfixturevalue(f"{kind}_url"),
            "CAMPAIGN_INSTANCE": os.fspath(tmp_path / "instance"),
            "CAMPAIGN_TRANSPORT": "rehearsal",
            "CAMPAIGN_REHEARSAL_ADDRESS": "safe@example.org",
            "CAMPAIGN_SMTP_HOST": HOST,
            "CAMPAIGN_SMTP_PORT": str(port),
            "CAMPAIGN_SMTP_TLS": "none",
        }
        container = make_container(environ)
        submit_signatures(container, LETTERS, confirm=True, due_in=10)
        with worker_processes(environ, workers):
            wait_until(partial(all_accepted, container))
    arrived = sorted(
        line.removeprefix("Message-ID: ")
        for path in dump.iterdir()
        for line in path.read_text(errors="replace").splitlines()
        if line.startswith("Message-ID: ")
    )
    carries = OutgoingRow.kind == OutgoingKind.LETTER
    with container.database.reading() as session:
        letters = sorted(
            str(one) for one in session.scalars(select(OutgoingRow.message_id).where(carries))
        )
    assert arrived == letters


def all_accepted(container: Container) -> bool:
    return count_letters(container, LetterState.ACCEPTED) == LETTERS
