"""Dates, numbers, lists and order: as each of the 24 languages writes them."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from campaign.language import formats
from campaign.settings.settings import BASE_DIR

CONVENTIONS = BASE_DIR / "campaign" / "data" / "letter_conventions.csv"


def rows() -> list[dict[str, str]]:
    with CONVENTIONS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["lang"])
def test_a_long_date_and_a_number_are_written_as_in_the_conventions(row: dict[str, str]) -> None:
    assert formats.long_date(date(2000, 9, 28), row["lang"]) == row["date_long_example"]
    expected = row["number_example"].replace("[NBSP]", "\xa0").replace("[NNBSP]", "\u202f")
    whole, _, _ = expected.rpartition(row["decimal_sep"])
    assert formats.format_number(1_234_567, row["lang"]) == whole


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", ["Estland", "Österreich", "Ungarn", "Zypern"]),
        ("sv", ["Estland", "Ungern", "Zypern", "Österrike"]),
        ("cs", ["Česko", "Estonsko", "Chorvatsko", "Itálie"]),
        ("et", ["Eesti", "Saksamaa", "Šveits", "Taani", "Ungari", "Österreich"]),
        ("lt", ["Čekija", "Ypatinga", "Ispanija", "Jungtinė Karalystė"]),
        ("el", ["Αυστρία", "Ελλάδα", "Ηνωμένο Βασίλειο", "Ιταλία"]),
        ("bg", ["Австрия", "България", "Швеция", "Ямайка"]),
    ],
)
def test_names_stand_in_the_alphabetical_order_of_the_language(
    language: str, expected: list[str]
) -> None:
    assert formats.sort_by_name(reversed(expected), str, language) == expected


def test_a_list_ends_as_the_language_ends_it() -> None:
    files = ["a.pdf", "b.pdf", "c.pdf"]
    assert formats.join_list(files, "en") == "a.pdf, b.pdf and c.pdf"
    assert formats.join_list(files, "mt") == "a.pdf, b.pdf, u c.pdf"
    assert formats.join_list(files[:1], "de") == "a.pdf"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["lang"])
def test_a_list_is_separated_by_what_is_not_the_decimal_sign(row: dict[str, str]) -> None:
    expected = ";" if row["decimal_sep"] == "," else ","
    assert formats.list_separator(row["lang"]) == expected
