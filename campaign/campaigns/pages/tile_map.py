"""The tile map: one square per state, the same size for Malta and for Germany."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.recipients.reference_data import TILE_COLUMNS, TILE_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.web.context import PageContext

SHADES = 5


@dataclass(frozen=True)
class Tile:
    """A state on the map. `shade`: from 0 for no signature to SHADES for the most."""

    code: str
    name: str
    column: int
    row: int
    signatures: int
    shade: int


def tile_map(page: PageContext, counts: Mapping[str, int]) -> list[Tile]:
    """Return the campaign's governments as tiles, in reading order.

    Those without a place on the map stand in rows below it, by name.
    """
    max_count = max(counts.values(), default=0)
    placed = {one.code: one.tile for one in page.governments() if one.tile is not None}
    others = [one.code for one in page.governments() if one.tile is None]
    below = {
        code: (number % TILE_COLUMNS, TILE_ROWS + number // TILE_COLUMNS)
        for number, code in enumerate(others)
    }
    tiles = [
        Tile(
            code=code,
            name=page.government_name(code),
            column=column + 1,
            row=row + 1,
            signatures=counts.get(code, 0),
            shade=_shade(counts.get(code, 0), max_count),
        )
        for code, (column, row) in {**placed, **below}.items()
    ]
    return sorted(tiles, key=lambda tile: (tile.row, tile.column))


def _shade(signatures: int, max_count: int) -> int:
    if signatures <= 0 or max_count <= 0:
        return 0
    return 1 + (SHADES - 1) * signatures // max_count
