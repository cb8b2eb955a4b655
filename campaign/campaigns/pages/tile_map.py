"""The tile map: one square per state, the same size for Malta and for Germany."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """Return the campaign's governments as tiles, in reading order."""
    max_count = max(counts.values(), default=0)
    tiles = [
        Tile(
            code=government.code,
            name=page.government_name(government.code),
            column=government.tile[0] + 1,
            row=government.tile[1] + 1,
            signatures=counts.get(government.code, 0),
            shade=_shade(counts.get(government.code, 0), max_count),
        )
        for government in page.governments()
    ]
    return sorted(tiles, key=lambda tile: (tile.row, tile.column))


def _shade(signatures: int, max_count: int) -> int:
    if signatures <= 0 or max_count <= 0:
        return 0
    return 1 + (SHADES - 1) * signatures // max_count
