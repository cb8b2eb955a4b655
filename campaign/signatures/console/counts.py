"""Counts by any dimensions, filtered by the URL, exported directly."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from flask import request

from campaign.console.access import console, requires
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.exports import formats
from campaign.exports.tables import count_table
from campaign.language.formats import native_name, territory_name
from campaign.organisers.rules.roles import Permission
from campaign.recipients.rules.government import to_iso_code
from campaign.signatures.queries import counts as store
from campaign.signatures.rules.counts import CountFilter, Dimension
from campaign.signatures.rules.signature import Origin
from campaign.web.context import container

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.datastructures import MultiDict

    from campaign.console.selected_campaign import SelectedCampaign

MAX_ROWS_SHOWN = 200
NO_SOURCE = "(none)"


@dataclass(frozen=True)
class CountsQuery:
    """What a URL or a form asks to count; `errors`: messages by field."""

    by: list[Dimension]
    only: CountFilter
    errors: dict[str, str] = field(default_factory=dict)


@console.get("/c/<slug>/counts")
@requires(Permission.VIEW_COUNTS)
def counts() -> Response:
    with container.database.reading() as session:
        return render_counts(session, selected_campaign(), parse_counts_query(request.args))


def render_counts(session: Session, chosen: SelectedCampaign, query: CountsQuery) -> Response:
    table = count_table(session, chosen.loaded, query.by, query.only)
    rows = list(islice(table.rows, MAX_ROWS_SHOWN))
    whole = store.count_by(session, chosen.campaign_id, [Dimension.ORIGIN], query.only)
    by_origin = {key[0]: number for key, number in whole}
    return console_page(
        "signatures/counts.html",
        status=UNPROCESSABLE if query.errors else 200,
        query=query,
        dimensions=list(Dimension),
        columns=table.columns,
        rows=rows,
        hidden_rows=table.total - len(rows),
        total=_total(by_origin, query),
        other_origins={k: n for k, n in by_origin.items() if k is not Origin.ONLINE},
        options=_options(session, chosen.campaign_id),
        formats=formats.available(),
        fields=list(request.values.items(multi=True)),
        shown=display_name,
        submitted=request.values,
    )


def parse_counts_query(values: MultiDict[str, str]) -> CountsQuery:
    """Read dimensions and filters; unknown ones are ignored, an invalid day is an error."""
    errors: dict[str, str] = {}
    names = set(Dimension)
    by = [Dimension(name) for name in dict.fromkeys(values.getlist("by")) if name in names]
    first, last = (_day(values.get(name, ""), name, errors) for name in ("first", "last"))
    if first and last and first > last:
        errors["last"] = "The last day comes before the first one."
    source = values.get("source", "")
    only = CountFilter(
        government=to_iso_code(values.get("government", "")),
        language=values.get("language", ""),
        revision=values.get("revision", ""),
        origin=Origin(values["origin"]) if values.get("origin") in set(Origin) else None,
        source="" if source == NO_SOURCE else source or None,
        first=first,
        last=last,
    )
    return CountsQuery(by or [Dimension.GOVERNMENT], _without_nul(only), errors)


def display_name(column: str, value: Any) -> str:
    """Return the name that the screen shows next to a code that exports contain."""
    if column == Dimension.GOVERNMENT:
        return territory_name(value, "en")
    if column == Dimension.LANGUAGE:
        return native_name(value)
    return ""


def _total(by_origin: dict[Any, int], query: CountsQuery) -> int:
    """Return the sum of what is shown: online signatures only, unless an origin is asked for."""
    if query.only.origin is not None or Dimension.ORIGIN in query.by:
        return sum(by_origin.values())
    return by_origin.get(Origin.ONLINE, 0)


def _options(session: Session, campaign_id: int) -> dict[str, list[str]]:
    """Return the values by which each dimension except the day can be filtered."""
    found = {}
    for dimension in Dimension:
        if dimension is Dimension.DAY:
            continue
        keys = store.count_by(session, campaign_id, [dimension, Dimension.ORIGIN])
        found[dimension.value] = sorted({str(key[0]) for key, _ in keys})
    return found


def _day(text: str, name: str, errors: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        errors[name] = "A day is like 2026-11-24."
        return None


def _without_nul(only: CountFilter) -> CountFilter:
    """Replace a filter that PostgreSQL rejects by one that matches nothing."""
    texts = (only.government, only.language, only.revision, only.source or "")
    return CountFilter(government="-") if any("\0" in text for text in texts) else only
