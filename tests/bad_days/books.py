"""The books: everything that was answered is there, and nothing is there twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.signatures.queries import counts
from campaign.signatures.rows.signatures import SignatureRow
from campaign.signatures.rules.signature import State
from campaign.signatures.sealing import open_person

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from campaign.container import House

ENDED = {LetterState.ACCEPTED, LetterState.UNCERTAIN}


@dataclass
class Promised:
    """What visitors were answered, by their addresses: check your mail; you are counted."""

    signed: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)


def together(promises: Iterable[Promised]) -> Promised:
    """Return what several visitors were answered."""
    each = list(promises)
    return Promised(
        set().union(*(one.signed for one in each)), set().union(*(one.confirmed for one in each))
    )


@dataclass(frozen=True)
class Tried:
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
class Books:
    """What is in the database, by address, and how often letters were handed over."""

    stored: Counter[str]
    confirmed: Counter[str]
    total: int
    differences: list[str]
    letters: Counter[LetterState]
    without_letter: int
    handed_over: Counter[LetterState]
    """Letters that the mail server has had twice, by the state that they are in."""

    def tried(self, what: str, times: int, promised: Promised, came: str = "") -> Tried:
        lost = len(promised.signed - self.stored.keys())
        lost += len(promised.confirmed - self.confirmed.keys()) + self.without_letter
        doubled = sum(number - 1 for number in self.confirmed.values())
        doubled += abs(self.total - sum(self.confirmed.values())) + len(self.differences)
        doubled += self.handed_over.total()
        answered = len(promised.signed) + len(promised.confirmed)
        return Tried(what, times, answered, lost, doubled, came)


def read_books(house: House, received: Mapping[str, int] | None = None) -> Books:
    """Open every signature; `received`: how often a mail server took each Message-ID."""
    taken = received or {}
    stored, confirmed = Counter[str](), Counter[str]()
    letters, twice, without = Counter[LetterState](), Counter[LetterState](), 0
    with house.database.reading() as session:
        consented = set[object]()
        for row in session.scalars(select(SignatureRow)):
            assert row.sealed is not None
            email = open_person(house.keyring, row.id, row.sealed).email
            stored[email] += 1
            if row.state is State.CONFIRMED:
                confirmed[email] += 1
                consented |= {row.id} if row.send_letter else set()
        for letter in session.scalars(select(LetterRow).where(LetterRow.id.in_(consented))):
            letters[letter.state] += 1
            if letter.message_id and taken.get(letter.message_id, 0) > 1:
                twice[letter.state] += 1
        without = len(consented) - letters.total()
        differences = [str(one) for one in counts.differences(session)]
        total = counts.total(session, 1)
    return Books(stored, confirmed, total, differences, letters, without, twice)
