"""Writes campaign/language/cldr.json from Babel: `python -m tests.language.cldr_table`."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from typing import Any

from campaign.language.catalogue import EU_LANGUAGES
from campaign.language.cldr import TABLE, read_locale
from campaign.settings.settings import BASE_DIR

GOVERNMENTS = BASE_DIR / "campaign" / "data" / "governments.csv"


def table() -> str:
    """Return the table: a line for each kind of word, so that a change is easy to read."""
    rows = (f"{json.dumps(tag)}: {_lines(_row(tag))}" for tag in EU_LANGUAGES)
    return "{\n" + ",\n".join(rows) + "\n}\n"


def government_codes() -> list[str]:
    with GOVERNMENTS.open(encoding="utf-8", newline="") as file:
        return [row["alpha2"] for row in csv.DictReader(file)]


def _row(tag: str) -> dict[str, Any]:
    row = asdict(read_locale(tag))
    row["languages"] = {one: row["languages"][one] for one in EU_LANGUAGES}
    row["territories"] = {code: row["territories"][code] for code in government_codes()}
    return row


def _lines(row: dict[str, Any]) -> str:
    members = (
        f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in row.items()
    )
    return "{\n" + ",\n".join(members) + "\n}"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
