"""Counts by any dimensions, filtered by the URL, exported directly."""

from __future__ import annotations

from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any

from campaign.console.access import console, requires
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.exports.forms import FormatForm
from campaign.exports.tables import count_table
from campaign.language.formats import language_name, territory_name
from campaign.organisers.rules.roles import Permission
from campaign.signatures.forms import NO_SOURCE, CountsFilter
from campaign.signatures.queries import counts as store
from campaign.signatures.rules.counts import Dimension
from campaign.signatures.rules.signature import Origin
from campaign.web.context import container

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session

MAX_ROWS_SHOWN = 200


@console.get("/c/<slug>/counts")
@requires(Permission.VIEW_COUNTS)
def counts() -> Response:
    filters = CountsFilter()
    filters.validate()
    return counts_page(filters)


def counts_page(filters: CountsFilter) -> Response:
    chosen, only = selected_campaign(), filters.count_filter
    with container.database.reading_replica() as session:
        table = count_table(session, chosen.loaded, filters.dimensions, only)
        rows = list(islice(table.rows, MAX_ROWS_SHOWN))
        whole = store.count_by(session, chosen.campaign_id, [Dimension.ORIGIN], only)
        by_origin = {key[0]: number for key, number in whole}
        _offer_values(session, chosen.campaign_id, filters)
    return console_page(
        "signatures/counts.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if filters.errors else 200,
        filters=filters,
        all_dimensions=list(Dimension),
        columns=table.columns,
        rows=rows,
        hidden_rows=table.total - len(rows),
        total=sum(by_origin.values())
        if filters.has_all_origins
        else by_origin.get(Origin.ONLINE, 0),
        other_origins={k: n for k, n in by_origin.items() if k is not Origin.ONLINE},
        export_form=FormatForm(formdata=None),
        shown=display_name,
    )


def display_name(column: str, value: Any) -> str:
    """Return the name that the screen shows next to a code that exports contain."""
    if column == Dimension.GOVERNMENT:
        return territory_name(value, "en")
    if column == Dimension.LANGUAGE:
        return language_name(value, "en")
    return ""


def _offer_values(session: Session, campaign_id: int, filters: CountsFilter) -> None:
    """Offer the values that signatures have in each dimension."""
    for field in filters.value_fields:
        dimension = Dimension(field.name)
        keys = store.count_by(session, campaign_id, [dimension, Dimension.ORIGIN])
        values = sorted({str(key[0]) for key, _ in keys})
        default = "online" if dimension is Dimension.ORIGIN else "any"
        field.offer(
            [("", default), *((one or NO_SOURCE, _label(dimension, one)) for one in values)]
        )


def _label(dimension: Dimension, value: str) -> str:
    if dimension is Dimension.REVISION:
        return f"{value[:12]}…"
    name = display_name(dimension, value) if value else ""
    return f"{value} · {name}" if name else value or NO_SOURCE
