"""Every change of a signature's state, and its effect on the count, is in the one table."""

from __future__ import annotations

from itertools import product

import pytest

from campaign.errors import NoLongerPossible
from campaign.signatures.rules.signature import (
    TRANSITIONS,
    EventKind,
    SignatureState,
    UnrecordedEvent,
    can_happen,
    is_counted,
    transition,
)

EVENTS = (*EventKind, *UnrecordedEvent)


@pytest.mark.parametrize("held", [False, True])
def test_what_is_not_in_the_table_is_refused(*, held: bool) -> None:
    for state, event in product(SignatureState, EVENTS):
        if can_happen(state, event):
            assert transition(state, event, held=held).state is TRANSITIONS[state, event]
        else:
            with pytest.raises(NoLongerPossible):
                transition(state, event, held=held)


@pytest.mark.parametrize("held", [False, True])
def test_an_effect_is_the_difference_between_counted_before_and_after(*, held: bool) -> None:
    for state, event in TRANSITIONS:
        after = transition(state, event, held=held)
        before = is_counted(state, held=held)
        assert after.effect == is_counted(after.state, held=after.held) - before


@pytest.mark.parametrize(
    ("state", "held", "event", "effect"),
    [
        (SignatureState.PENDING, False, EventKind.CONFIRMED, 1),
        (SignatureState.PENDING, True, EventKind.CONFIRMED, 0),
        (SignatureState.CONFIRMED, True, EventKind.RELEASED, 1),
        (SignatureState.CONFIRMED, False, EventKind.HELD, -1),
        (SignatureState.CONFIRMED, False, EventKind.WITHDRAWN, -1),
        (SignatureState.CONFIRMED, True, EventKind.WITHDRAWN, 0),
        (SignatureState.INVALIDATED, False, EventKind.WITHDRAWN, 0),
        (SignatureState.INVALIDATED, False, EventKind.RESTORED, 1),
        (SignatureState.CONFIRMED, False, EventKind.ERASED, 0),
    ],
)
def test_the_count_rises_and_falls_as_the_books_say(
    state: SignatureState, event: EventKind, effect: int, *, held: bool
) -> None:
    assert transition(state, event, held=held).effect == effect


def test_nothing_brings_back_what_has_ended() -> None:
    ended = {SignatureState.WITHDRAWN, SignatureState.EXPIRED, SignatureState.DROPPED}
    assert all(TRANSITIONS[state, event] is state for state, event in TRANSITIONS if state in ended)
    assert not {event for state, event in TRANSITIONS if state in ended} - {EventKind.ERASED}
