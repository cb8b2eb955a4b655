"""Dates, numbers, lists, names and order: as each of the 24 languages writes them."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from campaign.language import formats
from campaign.language.catalogue import EU_LANGUAGES
from campaign.language.cldr import TABLE, conventions
from tests.language.cldr_table import government_codes, table

CONVENTIONS = Path(__file__).with_name("conventions.csv")
GOLDEN = Path(__file__).parent.parent / "golden"
COUNTED = (0, 999, 1_234, 10_000, 1_234_567, -5)
PEOPLE = ("Ada", "Bo", "Če", "Inés")


def rows() -> list[dict[str, str]]:
    with CONVENTIONS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(language: str) -> list[str]:
    """Return how a language writes one of each kind."""
    days = [date(2026, month, month + 8) for month in range(1, 13)]
    moments = [datetime(2026, day.month, 3, 2 * day.month - 1, 5, 9, tzinfo=UTC) for day in days]
    codes = government_codes()
    lines = {
        "name": [formats.native_name(language), formats.open_graph_locale(language)],
        "languages": [formats.language_name(tag, language) for tag in EU_LANGUAGES],
        "countries": formats.sort_by_name(
            [formats.territory_name(code, language) for code in codes], str, language
        ),
        "long dates": [formats.long_date(day, language) for day in days],
        "full dates": [formats.full_date(day, language) for day in days],
        "moments": [formats.format_datetime(moment, language) for moment in moments],
        "numbers": [formats.format_number(number, language) for number in COUNTED],
        "lists": [formats.join_list(PEOPLE[:number], language) for number in range(5)],
        "two": [formats.join_list((PEOPLE[0], PEOPLE[3]), language)],
    }
    return [f"{language} {kind}: {' | '.join(texts)}" for kind, texts in lines.items()]


def test_each_language_writes_as_it_did_with_icu() -> None:
    """The golden file is ICU 77's (CLDR 47); UPDATE_GOLDEN=1 writes it anew."""
    golden = GOLDEN / "languages.txt"
    made = "\n".join(line for language in EU_LANGUAGES for line in written(language)) + "\n"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_text(made, encoding="utf-8")
    assert made == golden.read_text(encoding="utf-8")


def test_names_of_the_whole_world_stand_in_icus_order() -> None:
    """A line of the golden file: a language, and the names of all territories as ICU 77 sorts."""
    golden = (GOLDEN / "alphabetical-order.txt").read_text(encoding="utf-8")
    expected = {line[:2]: line[4:].split("; ") for line in golden.splitlines()}
    assert set(expected) == set(EU_LANGUAGES)
    for language, names in expected.items():
        assert formats.sort_by_name(reversed(names), str, language) == names


def test_the_table_is_what_babel_has_today() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), "run make messages, and read what changed"


def test_what_is_not_in_the_table_comes_from_babel() -> None:
    assert formats.territory_name("IS", "de") == "Island"
    assert formats.language_name("zh-Hant", "sv") == "kinesiska"
    assert formats.native_name("is") == "íslenska"
    assert formats.long_date(date(2026, 9, 28), "uk") == "28 вересня 2026\u202fр."
    assert formats.open_graph_locale("tr") == "tr_TR"
    assert formats.join_list(["a", "b", "c"], "zh-Hant") == "a、b和c"


def test_what_nobody_knows_is_shown_by_its_code() -> None:
    assert formats.territory_name("QQ", "de") == "QQ"
    assert formats.language_name("xx", "de") == "xx"
    assert formats.native_name("xx") == "xx"
    assert conventions("xx").long_date == conventions("en").long_date


def test_the_official_languages_load_nothing_of_babel() -> None:
    code = (
        "import sys; from datetime import date; from campaign.language import formats; "
        "formats.full_date(date(2026, 1, 1), 'mt'); formats.territory_name('AT', 'el'); "
        "print('babel' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


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
        ("da", ["Dan", "Þe", "Øre", "Aarhus"]),
        ("hu", ["Cuba", "Csehország", "Dánia", "Öt", "Őz", "Paks"]),
        ("el", ["Μάλτα", "Malta", "Мальта"]),
        ("fr", ["cote", "coté", "côte", "cotes"]),
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


@pytest.mark.parametrize(
    ("last", "joint"), [("Inés", "e"), ("Hija", "e"), ("hielo", "y"), ("Hiato", "y"), ("Yago", "y")]
)
def test_spanish_has_another_and_before_the_sound_of_i(last: str, joint: str) -> None:
    assert formats.join_list(["Ana", last], "es") == f"Ana {joint} {last}"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["lang"])
def test_a_list_is_separated_by_what_is_not_the_decimal_sign(row: dict[str, str]) -> None:
    expected = ";" if row["decimal_sep"] == "," else ","
    assert formats.list_separator(row["lang"]) == expected
