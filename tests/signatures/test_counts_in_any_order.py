"""The counts are right after anything that supporters and organisers do, in any order."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.letters.queries import letters
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, WaitingFor
from campaign.privacy.ledger import Ledger
from campaign.signatures.queries import counts
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import TRANSITIONS, SignatureState, is_counted
from tests.helpers.random_actions import RandomActors
from tests.helpers.state_changes import state_changes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from tests.clock import Clock

STEPS = 320


def faults(session: Session) -> list[str]:
    """Return what is not as it has to be."""
    found = [str(one) for one in counts.find_mismatches(session)]
    rows = session.scalars(select(SignatureRow)).all()
    counted = sum(is_counted(row.state, held=row.held) for row in rows)
    if counts.total(session, 1) != counted:
        found.append(f"{counts.total(session, 1)} are counted, and {counted} are there")
    for letter in session.scalars(select(LetterRow)):
        row = session.get_one(SignatureRow, letter.signature_id)
        leaving = letter.state is LetterState.QUEUED
        if leaving and not is_counted(row.state, held=row.held):
            found.append(f"a letter is queued, {row.state} and held is {row.held}")
        if letter.waiting_for is WaitingFor.RELEASE and not row.held:
            found.append("a letter waits for the release of what is not held")
    found += held_faults(session, rows)
    found += [
        f"{row.state} with a change by rule"
        for row in rows
        if row.bulk_change_id and row.state in {SignatureState.CONFIRMED, SignatureState.PENDING}
    ]
    return found


def held_faults(session: Session, rows: Sequence[SignatureRow]) -> list[str]:
    """Return what is not as it has to be with mails and letters of held signatures."""
    held = {row.id for row in rows if row.held}
    waiting = select(OutgoingRow).where(
        OutgoingRow.state.in_([OutgoingState.QUEUED, OutgoingState.WAITING])
    )
    found = [
        f"a mail is {mail.state} because of what is not held"
        for mail in session.scalars(waiting)
        if mail.held_signature_id is not None and mail.held_signature_id not in held
    ]
    for row in rows:
        if row.held_letter is None:
            continue
        if not row.held or row.state in {SignatureState.DROPPED, SignatureState.EXPIRED}:
            found.append(f"a letter lies with what is {row.state} and held is {row.held}")
        if letters.of_signature(session, row.id):
            found.append("a letter is there twice")
    return found


@pytest.mark.long
def test_the_books_are_right_after_a_random_season(
    container: Container, clock: Clock, tmp_path: Path
) -> None:
    everybody = RandomActors(container, clock, Ledger(tmp_path / "ledger"), seed=20261102)
    with state_changes(SignatureRow) as moves:
        for _ in range(STEPS // 8):
            for _ in range(8):
                everybody.step()
            with container.database.reading() as session:
                assert faults(session) == []
    possible = {(state, target) for (state, _), target in TRANSITIONS.items() if target != state}
    # Each of them has happened.
    assert set(moves) == possible
    with container.database.reading() as session:
        states = Counter(session.scalars(select(SignatureRow.state)))
    assert sum(states.values()) == len(everybody.signed)
    # Everything has happened, and more than once.
    assert min(everybody.happened.values()) > 1
    assert len(everybody.happened) == 12
    assert set(states) >= {
        SignatureState.CONFIRMED,
        SignatureState.INVALIDATED,
        SignatureState.WITHDRAWN,
        SignatureState.DROPPED,
    }
