"""What is kept outside of the database's own checks: sealed values and the ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import example, given, strategies as st

from campaign.campaigns.rules.campaign import Consent
from campaign.errors import KeyMissing, SealError
from campaign.privacy.ledger import Ledger, LedgerAction, LedgerEntry, read_entries
from campaign.store.keyring import KEY_BYTES, KEY_ID, Keyring
from tests.clock import START
from tests.fuzz import bounded
from tests.fuzz.strategies import ANY_BYTES, corrupted, with_examples

if TYPE_CHECKING:
    from pathlib import Path

KEYRING = Keyring([bytes([number]) * KEY_BYTES for number in (2, 1)], bytes(KEY_BYTES))
ROW, COLUMN = UUID(int=1), "signatures.sealed"
VALUE = {"name": "Testa Example", "town": "Exampletown"}
SEALED = KEYRING.seal(ROW, COLUMN, VALUE)

ID = "0197f000-0000-7000-8000-000000000001"
NOTES = [
    (LedgerAction.DELETED, ID),
    (LedgerAction.WITHDRAWN, ID),
    (LedgerAction.MAIL_STOPPED, "0a" * 32),
    (LedgerAction.RETENTION_ENDED, ID),
    *((LedgerAction.CONSENT_WITHDRAWN, f"{ID} {purpose}") for purpose in Consent),
]


@bounded
@given(sealed=st.one_of(ANY_BYTES, corrupted(SEALED), ANY_BYTES.map(lambda end: SEALED[:5] + end)))
@example(sealed=b"\x02" + SEALED[1:])
def test_any_bytes_open_as_they_were_sealed_or_not_at_all(sealed: bytes) -> None:
    try:
        assert (KEYRING.open(ROW, COLUMN, sealed), sealed) == (VALUE, SEALED)
    except KeyMissing:
        assert sealed[KEY_ID] != SEALED[KEY_ID]
    except SealError:
        assert sealed != SEALED


BROKEN = (
    *(f"2026-11-02T10:00:00 deleted {ID}", f"20261102 deleted {ID}", f"yesterday deleted {ID}"),
    *(f"{START.isoformat()} {said}" for said in ("", "deleted", "deleted ", f"drowned {ID}")),
    *(f"{START.isoformat()} {said}" for said in (f"deleted {ID[:-1]}", f"deleted {ID} x")),
    *(f"{START.isoformat()} unsaid {said}" for said in (ID, f"{ID} ", f"{ID} send_lett")),
    *(f"{START.isoformat()} stopped {said}" for said in (ID, "0a", "0a" * 31 + "0", "0g" * 32)),
)


@bounded
@given(content=ANY_BYTES)
@with_examples("content", [line.encode() for line in BROKEN])
def test_nothing_is_read_out_of_bytes_that_are_no_ledger(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(content)
    assert list(read_entries(path)) == []


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


def noted(ledger: Ledger) -> list[LedgerEntry]:
    """Note each kind of thing once, and return what the ledger says then."""
    ledger.path.unlink(missing_ok=True)
    for number, (taken, subject) in enumerate(NOTES):
        ledger.append(START + timedelta(seconds=number), taken, subject)
    return list(read_entries(ledger.path))


def test_each_kind_of_note_is_read_as_it_was_written(ledger: Ledger) -> None:
    assert [(entry.action, entry.subject) for entry in noted(ledger)] == NOTES


@bounded
@given(cut=st.integers(min_value=0))
def test_a_line_that_was_cut_short_takes_no_other_one_with_it(ledger: Ledger, cut: int) -> None:
    """A full disk or a crash leaves part of a line, and the next note comes after it."""
    whole = noted(ledger)
    content = ledger.path.read_bytes()
    length = cut % len(content)
    ledger.path.write_bytes(content[:length])
    ledger.append(START, LedgerAction.WITHDRAWN, ID)
    before = content[:length].count(b"\n")
    found = list(read_entries(ledger.path))
    assert found[:before] == whole[:before]
    assert found[-1] == LedgerEntry(START, LedgerAction.WITHDRAWN, ID)
    # The line that was cut is passed over, or was whole but for its end.
    assert found[before:-1] in ([], whole[before : before + 1])


@bounded
@given(data=st.data())
def test_each_entry_of_a_ledger_that_was_changed_can_be_done_again(
    ledger: Ledger, data: st.DataObject
) -> None:
    noted(ledger)
    ledger.path.write_bytes(data.draw(corrupted(ledger.path.read_bytes())))
    found = list(read_entries(ledger.path))
    # Several ledgers are put in one order by their times.
    assert len(sorted(found, key=lambda one: one.at)) == len(found)
    for entry in found:
        identifier, _, purpose = entry.subject.partition(" ")
        if entry.action is LedgerAction.MAIL_STOPPED:
            assert len(bytes.fromhex(entry.subject)) == 32
        else:
            assert UUID(identifier)
        assert entry.action is not LedgerAction.CONSENT_WITHDRAWN or Consent(purpose)
