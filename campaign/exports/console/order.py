"""Exports: asked for by a form, noted in the log, then streamed in pieces."""

from __future__ import annotations

from codecs import BOM_UTF8
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Response, request

from campaign.campaigns.console import chosen_campaign
from campaign.console.guard import console, needs
from campaign.console.session import me
from campaign.errors import NotFound
from campaign.exports import formats as exports
from campaign.exports.queries.tables import LetterFilter
from campaign.exports.tables import count_table, described, letter_table, note_leaving
from campaign.letters.console.letters import which_letters
from campaign.organisers.rules.audit_log import Action, Entry
from campaign.organisers.rules.roles import Right
from campaign.signatures.console.counts import counts_page, read_asked
from campaign.web.context import current_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from campaign.exports.tables import Table

    MakeTable = Callable[[Session], Table]

CSV_WITH_MARK = "csv-bom"


@console.post("/c/<slug>/export/counts")
@needs(Right.COUNTS)
def export_counts() -> Response:
    """The table of the counts page, with the same columns and numbers."""
    asked, chosen = read_asked(request.form), chosen_campaign()
    if asked.errors:
        with current_site().database.reading() as session:
            return counts_page(session, chosen, asked)
    detail = ", ".join(filter(None, (f"by {','.join(asked.by)}", described(asked.only))))
    entry = Entry(me().name, Action.COUNTS_EXPORTED, f"campaign {chosen.slug}", detail)
    return streamed(
        f"counts-{chosen.slug}",
        entry,
        lambda session: count_table(session, chosen.shelved, asked.by, asked.only),
    )


@console.post("/c/<slug>/export/letters")
@needs(Right.WORK)
def export_letters() -> Response:
    """What became of each letter, without its text and who wrote it."""
    which, chosen = which_letters(request.form), chosen_campaign()
    wanted = LetterFilter(which.government, which.state)
    entry = Entry(me().name, Action.LETTERS_EXPORTED, f"campaign {chosen.slug}", described(wanted))
    return streamed(
        f"letters-{chosen.slug}",
        entry,
        lambda session: letter_table(session, chosen.shelved, wanted),
    )


def streamed(name: str, entry: Entry, make: MakeTable) -> Response:
    """Note what leaves and how many rows, then send it while it is read.

    Raise UnacceptableText where a reason is due and none is given.
    """
    site = current_site()
    chosen, marked = chosen_format()
    form = exports.load(chosen)
    with site.database.writing() as session:
        note_leaving(session, replace(entry, number=make(session).total), site.clock())

    def pieces() -> Iterator[bytes]:
        if marked:
            yield BOM_UTF8
        with site.database.reading() as session, closing(make(session)) as table:
            yield from form.pieces(table.columns, table.rows)

    response = Response(pieces(), content_type=form.MEDIA_TYPE)
    file = f"{name}-{site.clock():%Y-%m-%d}{form.SUFFIX}"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def chosen_format() -> tuple[str, bool]:
    """Return the format that a form asks for, and whether the mark for Excel goes in front."""
    asked = request.form.get("format", "csv")
    marked = asked == CSV_WITH_MARK
    name = "csv" if marked else asked
    if name not in exports.names():
        raise NotFound(name)
    return name, marked
