"""The books: everything that was answered is there, and nothing is there twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.delivery.queries import mails
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.signatures.queries import counts
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState
from campaign.signatures.sealing import unseal_person

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from campaign.container import Container

ENDED = {LetterState.ACCEPTED, LetterState.UNCERTAIN}


@dataclass
class Acknowledged:
    """What visitors were answered, by their addresses: check your mail; you are counted."""

    signed: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)


def together(promises: Iterable[Acknowledged]) -> Acknowledged:
    """Return what several visitors were answered."""
    each = list(promises)
    return Acknowledged(
        set().union(*(one.signed for one in each)), set().union(*(one.confirmed for one in each))
    )


@dataclass(frozen=True)
class TrialResult:
    """A row of docs/reliability.md."""

    what: str
    times: int
    answered: int
    lost: int
    doubled: int
    came: str = ""

    @property
    def is_well(self) -> bool:
        return not (self.lost or self.doubled) and self.answered > 0


@dataclass(frozen=True)
class DatabaseState:
    """What is in the database, by address, and how often letters were handed over."""

    stored: Counter[str]
    confirmed: Counter[str]
    total: int
    differences: list[str]
    letters: Counter[LetterState]
    without_letter: int
    handed_over: Counter[LetterState]
    """Letters that the mail server has had twice, by the state that they are in."""

    def tried(self, what: str, times: int, promised: Acknowledged, came: str = "") -> TrialResult:
        lost = len(promised.signed - self.stored.keys())
        lost += len(promised.confirmed - self.confirmed.keys()) + self.without_letter
        doubled = sum(number - 1 for number in self.confirmed.values())
        doubled += abs(self.total - sum(self.confirmed.values())) + len(self.differences)
        doubled += self.handed_over.total()
        answered = len(promised.signed) + len(promised.confirmed)
        return TrialResult(what, times, answered, lost, doubled, came)


def read_state(container: Container, received: Mapping[str, int] | None = None) -> DatabaseState:
    """Open every signature; `received`: how often a mail server took each Message-ID."""
    taken = received or {}
    stored, confirmed = Counter[str](), Counter[str]()
    letters, twice, without = Counter[LetterState](), Counter[LetterState](), 0
    with container.database.reading() as session:
        consented = set[object]()
        for row in session.scalars(select(SignatureRow)):
            assert row.sealed is not None
            email = unseal_person(container.keyring, row.id, row.sealed).email
            stored[email] += 1
            if row.state is SignatureState.CONFIRMED:
                confirmed[email] += 1
                consented |= {row.id} if row.send_letter else set()
        for letter in session.scalars(
            select(LetterRow).where(LetterRow.signature_id.in_(consented))
        ):
            letters[letter.state] += 1
            message = mails.find(session, letter.id)
            if message and message.message_id and taken.get(message.message_id, 0) > 1:
                twice[letter.state] += 1
        without = len(consented) - letters.total()
        differences = [str(one) for one in counts.find_mismatches(session)]
        total = counts.total(session, 1)
    return DatabaseState(stored, confirmed, total, differences, letters, without, twice)
