"""`campaign signatures`: what organisers type about signatures, and what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.store.rows import LogRow, SignatureRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from campaign.factory import House
    from tests.supporter import Supporter

WHY = ("--reason", "a script made it", "--by", "Tester")


def id_of(house: House) -> str:
    with house.database.reading() as session:
        return str(session.scalars(select(SignatureRow.id)).one())


def test_a_signature_is_invalidated_and_restored_held_and_released(
    command: Callable[..., Result], supporter: Supporter, house: House
) -> None:
    supporter.sign()
    one = id_of(house)
    for act, said, count in (
        ("invalidate", f"{one} is not counted any more.\n", 0),
        ("restore", f"{one} is restored.\n", 1),
        ("hold", f"{one} is held.\n", 0),
        ("release", "1 released; 0 were not held.\n", 1),
    ):
        assert command("signatures", act, one, *WHY).output == said
        assert supporter.count() == count
    with house.database.reading() as session:
        assert session.scalars(select(LogRow.who).distinct()).all() == ["Tester"]
        assert len(session.scalars(select(LogRow)).all()) == 4
    assert command("counts", "check").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("restore", "{id}", *WHY), "it is confirmed"),
        (("invalidate", "00000000-0000-0000-0000-000000000001", *WHY), "nothing with the id"),
        (("invalidate", "{id}", "--reason", " "), "say in --reason why"),
        (("hold", "{id}", "--reason", "\u202e"), "cannot be kept"),
        (("hold", "{id}", "--reason", "x" * 501), "room for"),
        (("hold", "{id}"), "--reason"),
        (("release", *WHY), "SIGNATURE_IDS"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    command: Callable[..., Result],
    supporter: Supporter,
    house: House,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    supporter.sign()
    one = id_of(house)
    answer = command("signatures", *(part.format(id=one) for part in arguments))
    assert answer.exit_code == 2
    assert said in answer.output
    assert supporter.count() == 1


def test_who_has_signed_again_is_not_restored(
    command: Callable[..., Result], supporter: Supporter, house: House
) -> None:
    supporter.sign()
    one = id_of(house)
    command("signatures", "invalidate", one, *WHY)
    supporter.sign()
    answer = command("signatures", "restore", one, *WHY)
    assert answer.exit_code == 2
    assert "has signed again" in answer.output
