"""A file of addresses is taken over whole, or every line that cannot be is named."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, strategies as st

from campaign.errors import ContentError
from campaign.mail.outgoing import Mailbox, build_message
from campaign.recipients.directory_csv import (
    OPTIONAL,
    REQUIRED_COLUMNS,
    read_directory_csv,
)
from campaign.recipients.directory_entries import KnownRecipients
from campaign.recipients.rules.directory import DirectoryEntry, EntryKind
from tests.fuzz import bounded
from tests.fuzz.strategies import ANY_BYTES, ANY_TEXT, corrupted
from tests.mail.test_outgoing import PLAIN

if TYPE_CHECKING:
    from pathlib import Path

RECIPIENTS = ("DE/foreign-affairs", "FR/foreign-affairs", "GR/foreign-affairs")
KNOWN = KnownRecipients(RECIPIENTS, ("DE", "FR", "GR"))
COLUMNS = (*REQUIRED_COLUMNS, *OPTIONAL)
GOOD = (
    *(
        "EL/foreign-affairs",
        "email",
        "desk@ministry.example",
        "its own page",
        "el",
        "",
        "30",
        "200",
        "08:30",
        "16:00",
    ),
    "Europe/Athens",
)
CELLS = st.one_of(
    ANY_TEXT,
    st.sampled_from(
        [
            *GOOD,
            *(
                "DE/foreign-affairs",
                "postal",
                "Example Street 1;10000 Exampletown",
                "",
                "0",
                "3600",
                "9" * 5_000,
            ),
            *("²", "\u0661", "0\u0663:00", "24:00", "8:30", "../../etc/passwd", "posixrules"),
            *("=?x?=@example.org", "testa@bücher.example", "testa@[192.0.2.7]", "x" * 300),
        ]
    ),
)


def written(*rows: tuple[str, ...]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue().encode("utf-8", "surrogatepass")


@st.composite
def nearly_good(draw: st.DrawFn) -> bytes:
    """Give a good file with strange cells in it."""
    row = list(GOOD)
    for place in draw(st.lists(st.integers(0, len(row) - 1), max_size=3)):
        row[place] = draw(CELLS)
    return written(tuple(row), *draw(st.sampled_from([(), (GOOD,)])))


def is_usable(entry: DirectoryEntry) -> bool:
    """Say whether letters can go to an address as it was taken over."""
    if entry.kind is EntryKind.EMAIL:
        assert build_message(replace(PLAIN, recipient=Mailbox("Example ministry", entry.value)))
    if entry.zone is not None:
        assert ZoneInfo(entry.zone)
    return (
        entry.recipient.partition("/")[0] in KNOWN.governments
        and bool(entry.value and entry.source)
        and 1 <= (entry.per_hour or 1) <= 3_600
        and 1 <= (entry.per_day or 1) <= 30_000
    )


@bounded
@given(content=st.one_of(nearly_good(), ANY_BYTES, corrupted(written(GOOD, GOOD))))
@example(content=written(GOOD))
def test_any_file_is_taken_over_or_its_faults_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "addresses.csv"
    path.write_bytes(content)
    try:
        entries = read_directory_csv(path, KNOWN)
    except ContentError as refused:
        assert refused.faults  # noqa: PT017 - either is fine
    else:
        assert all(is_usable(entry) for entry in entries)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("per_hour", "9" * 5_000, "line 2: per_hour is a number from 1 to 3600"),
        ("per_day", "\u0663", "line 2: per_day is a number from 1 to 30000"),
        ("opens", "0\u0663:00", "line 2: opens is an hour such as 08:30"),
        ("zone", "../../etc/passwd", "line 2: zone is a name such as Europe/Athens"),
        ("address", "x=?x@example.org", "line 2: address has “=?” in it"),
        ("source", "=HYPERLINK(1)", "line 2: source begins with “=”, which spreadsheets take for"),
        ("since", "2026-11-30", "line 2: since is for persons"),
        ("recipient", "XX/justice", "line 2: recipient is an office of a known government"),
        ("recipient", "DE/fisheries", "line 2: DE/fisheries is not in the directory; add what"),
        ("address", "x" * 250 + "@example.org", "It is longer than 254 characters."),
    ],
)
def test_what_only_looks_right_is_named_with_its_line(
    tmp_path: Path, column: str, cell: str, said: str
) -> None:
    row = tuple(cell if name == column else old for name, old in zip(COLUMNS, GOOD, strict=True))
    path = tmp_path / "addresses.csv"
    path.write_bytes(written(row))
    with pytest.raises(ContentError, match=re.escape(said)):
        read_directory_csv(path, KNOWN)
