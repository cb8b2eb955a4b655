"""Compare the demands of a language's file with those of campaign.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign.campaigns.rules.campaign import Demand
    from campaign.campaigns.toml_reader import TomlTable

_PIECES = {
    "demands": "[demands.{}] with heading and text",
    "letter.demands": "[letter.demands.{}] with at least one text",
}
"""Where a demand has words, and what to write there."""


def check_demand_texts(table: TomlTable, demands: Sequence[Demand]) -> None:
    """Report each demand once, with all that is to be written or deleted for it."""
    wanted = [demand.key for demand in demands]
    there = _there(table)
    _report_missing(table, wanted, there)
    for key in dict.fromkeys(key for keys in there.values() for key in keys if key not in wanted):
        pieces = [piece for piece, keys in there.items() if key in keys]
        if table.nested_keys(*pieces[0].split("."), key) is None:
            what = f"it belongs under a table such as [{pieces[0]}.{wanted[0]}]"
        else:
            named = " and ".join(f"[{piece}.{key}]" for piece in pieces)
            what = f"campaign.toml has no such demand. Delete {named}, or add the demand there"
        table.fault(f"{pieces[0]}.{key}", f"is not a known key: {what}")


def _there(table: TomlTable) -> dict[str, Sequence[str]]:
    """Return which demands each piece has; a piece with a fault of its own is left out."""
    found = {"demands": table.nested_keys("demands")}
    if "letter" in table.keys():  # noqa: SIM118 - a Table is no mapping
        found["letter.demands"] = table.nested_keys("letter", "demands")
    return {piece: keys for piece, keys in found.items() if keys is not None}


def _report_missing(
    table: TomlTable, wanted: Sequence[str], there: Mapping[str, Sequence[str]]
) -> None:
    lacks = {
        key: tuple(piece for piece, keys in there.items() if key not in keys) for key in wanted
    }
    for pieces in filter(None, dict.fromkeys(lacks.values())):
        missing = [key for key in wanted if lacks[key] == pieces]
        to_write = " and ".join(_PIECES[piece] for piece in pieces)
        if missing == wanted and len(wanted) > 1:
            example = to_write.replace("{}", wanted[0])
            table.fault(pieces[0], f"is missing: write {example}, and so on for every demand")
            continue
        for key in missing:
            table.fault(f"{pieces[0]}.{key}", f"is missing: write {to_write.replace('{}', key)}")
