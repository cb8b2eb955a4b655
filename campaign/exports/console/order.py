"""Exports: asked for by a form, noted in the log, then streamed in pieces."""

from __future__ import annotations

from codecs import BOM_UTF8
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Response, request

from campaign.console.access import console, requires
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.errors import NotFound
from campaign.exports import formats
from campaign.exports.queries.records import LetterFilter
from campaign.exports.tables import count_table, describe_filter, letter_table, log_export
from campaign.letters.console.letters import letter_filter_from
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import Permission
from campaign.signatures.console.counts import parse_counts_query, render_counts
from campaign.web.context import current_container

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from campaign.exports.tables import Table

    MakeTable = Callable[[Session], Table]

CSV_WITH_BOM = "csv-bom"


@console.post("/c/<slug>/export/counts")
@requires(Permission.COUNTS)
def export_counts() -> Response:
    """The table of the counts page, with the same columns and numbers."""
    asked, chosen = parse_counts_query(request.form), selected_campaign()
    if asked.errors:
        with current_container().database.reading() as session:
            return render_counts(session, chosen, asked)
    detail = ", ".join(filter(None, (f"by {','.join(asked.by)}", describe_filter(asked.only))))
    entry = AuditEntry(
        current_user().name, AuditAction.COUNTS_EXPORTED, f"campaign {chosen.slug}", detail
    )
    return stream_table(
        f"counts-{chosen.slug}",
        entry,
        lambda session: count_table(session, chosen.shelved, asked.by, asked.only),
    )


@console.post("/c/<slug>/export/letters")
@requires(Permission.WORK)
def export_letters() -> Response:
    """What became of each letter, without its text and who wrote it."""
    which, chosen = letter_filter_from(request.form), selected_campaign()
    wanted = LetterFilter(which.government, which.state)
    entry = AuditEntry(
        current_user().name,
        AuditAction.LETTERS_EXPORTED,
        f"campaign {chosen.slug}",
        describe_filter(wanted),
    )
    return stream_table(
        f"letters-{chosen.slug}",
        entry,
        lambda session: letter_table(session, chosen.shelved, wanted),
    )


def stream_table(name: str, entry: AuditEntry, make: MakeTable) -> Response:
    """Note what leaves and how many rows, then send it while it is read.

    Raise InvalidText where a reason is due and none is given.
    """
    site = current_container()
    chosen, marked = requested_format()
    form = formats.load(chosen)
    with site.database.writing() as session:
        log_export(session, replace(entry, number=make(session).total), site.clock())

    def pieces() -> Iterator[bytes]:
        if marked:
            yield BOM_UTF8
        with site.database.reading() as session, closing(make(session)) as table:
            yield from form.pieces(table.columns, table.rows)

    response = Response(pieces(), content_type=form.MEDIA_TYPE)
    file = f"{name}-{site.clock():%Y-%m-%d}{form.SUFFIX}"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def requested_format() -> tuple[str, bool]:
    """Return the format that a form asks for, and whether the mark for Excel goes in front."""
    asked = request.form.get("format", "csv")
    marked = asked == CSV_WITH_BOM
    name = "csv" if marked else asked
    if name not in formats.available():
        raise NotFound(name)
    return name, marked
