"""Tables and packs for organisers: streamed, or built by the worker."""

from __future__ import annotations

from codecs import BOM_UTF8
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Response, redirect, request, send_file, url_for

from campaign.console.access import console, requires
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user, form_transaction
from campaign.container import exports_folder
from campaign.errors import InvalidText, NotFound
from campaign.exports import enqueue, formats
from campaign.exports.queries import jobs as export_jobs
from campaign.exports.queries.records import LetterExportFilter, SignatureExportFilter
from campaign.exports.rules import UNFINISHED, ExportKind, JobState
from campaign.exports.tables import (
    count_table,
    describe_filter,
    letter_table,
    log_export,
    signature_table,
)
from campaign.language.formats import territory_name
from campaign.letters.console.letters import letter_filter_from
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import Permission
from campaign.recipients.rules.government import to_iso_code
from campaign.signatures.console.counts import parse_counts_query, render_counts
from campaign.signatures.rules.signature import SignatureState
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.exports.rows import ExportJobRow
    from campaign.exports.tables import Table

    MakeTable = Callable[[Session], Table]

HELD = "held"
BACKGROUND_FORMAT = "xlsx"
"""The format that is complete before its first byte is sent, and so is built by the worker."""

REASON_NEEDED = "Say in one line what it is for, and who gets it: it is kept in the log."
ASKED = "asked"

_SUFFIXES = {ExportKind.PACK: ".zip", ExportKind.SIGNATURES: ".xlsx", ExportKind.LETTERS: ".pdf"}


@console.get("/c/<slug>/exports")
@requires(Permission.VIEW_NAMES)
def exports() -> Response:
    """Show the forms and the jobs.

    `watching` shows the jobs alone, and refreshes every few seconds.
    """
    return _page()


@console.post("/c/<slug>/exports/signatures")
@requires(Permission.VIEW_NAMES, fresh=True)
def export_signatures() -> WerkzeugResponse:
    """Stream a table of signatures, or let the worker build a workbook of it."""
    wanted = _signature_filter()
    name, _ = requested_format()
    loaded, keyring = selected_campaign().loaded, container.keyring
    entry = _entry(AuditAction.SIGNATURES_EXPORTED, loaded, describe_filter(wanted))
    try:
        if name == BACKGROUND_FORMAT:
            return _enqueue_and_redirect(
                lambda session: enqueue.enqueue_signatures(
                    session, loaded, name, wanted, entry, container.clock()
                )
            )
        return stream_table(
            f"signatures-{loaded.slug}",
            entry,
            lambda session: signature_table(session, keyring, loaded, wanted),
        )
    except InvalidText:
        return _page({"signatures-reason": REASON_NEEDED})


@console.post("/c/<slug>/exports/packs")
@requires(Permission.VIEW_NAMES, fresh=True)
def export_pack() -> WerkzeugResponse:
    government = to_iso_code(request.form.get("government", ""))
    if government not in container.reference.ministries:
        return _page({"pack-government": "Choose the government that gets it."})
    loaded = selected_campaign().loaded
    entry = _entry(AuditAction.PACK_EXPORTED, loaded, f"government {government}")
    try:
        return _enqueue_and_redirect(
            lambda session: enqueue.enqueue_handover_pack(
                session, loaded, government, entry, container.clock()
            )
        )
    except InvalidText:
        return _page({"pack-reason": REASON_NEEDED})


@console.post("/c/<slug>/exports/<uuid:job_id>/file")
@requires(Permission.VIEW_NAMES, fresh=True)
def download_export(job_id: UUID) -> WerkzeugResponse:
    with container.database.reading() as session:
        row = find_job(session, job_id)
    path = exports_folder(container.settings) / row.file
    if row.state is not JobState.READY or not path.is_file():
        raise NotFound(str(job_id))
    parts = (row.what.value, selected_campaign().slug, row.government, f"{row.asked_at:%Y-%m-%d}")
    name = "-".join(filter(None, parts)) + _SUFFIXES[row.what]
    with container.database.writing() as session:
        entry = AuditEntry(
            current_user().name, AuditAction.EXPORT_FETCHED, f"export {row.id}", name
        )
        audit_log.append(session, entry, container.clock())
    response = send_file(path, as_attachment=True, download_name=name, etag=False)
    response.headers["Cache-Control"] = "no-store"
    return response


@console.post("/c/<slug>/exports/<uuid:job_id>/cancel")
@requires(Permission.VIEW_NAMES)
def cancel_export(job_id: UUID) -> WerkzeugResponse:
    afterwards = url_for("console.exports", said="cancelled")
    with form_transaction(afterwards) as session:
        now = container.clock()
        find_job(session, job_id)
        if export_jobs.cancel(session, job_id, now):
            audit_log.append(
                session,
                AuditEntry(current_user().name, AuditAction.EXPORT_CANCELLED, f"export {job_id}"),
                now,
            )
    return redirect(afterwards, 303)


def find_job(session: Session, job_id: UUID) -> ExportJobRow:
    """Return a job of the campaign in the URL, or raise NotFound."""
    row = export_jobs.find(session, job_id)
    selected_campaign().require_same_campaign(row.campaign_id)
    return row


def _enqueue_and_redirect(ask: Callable[[Session], object]) -> WerkzeugResponse:
    afterwards = url_for("console.exports", said=ASKED, watching=1)
    with form_transaction(afterwards) as session:
        ask(session)
    return redirect(afterwards, 303)


def _entry(action: AuditAction, loaded: LoadedCampaign, detail: str) -> AuditEntry:
    about = f"campaign {loaded.slug}"
    return AuditEntry(current_user().name, action, about, detail, request.form.get("reason", ""))


def _signature_filter() -> SignatureExportFilter:
    """Read which signatures are meant; an unknown state means the confirmed ones.

    Raise NotFound for an unknown government: ignoring it would export those of all governments.
    """
    state, government = (
        request.form.get("state", ""),
        to_iso_code(request.form.get("government", "")),
    )
    if government and government not in container.reference.ministries:
        raise NotFound(government)
    wanted = SignatureExportFilter(government=government)
    if state == HELD:
        return replace(wanted, held=True)
    return replace(wanted, state=SignatureState(state)) if state in set(SignatureState) else wanted


def _page(errors: dict[str, str] | None = None) -> Response:
    chosen = selected_campaign()
    with container.database.reading() as session:
        jobs = export_jobs.listing(session, chosen.campaign_id)
    names = {code: territory_name(code, "en") for code in container.reference.ministries}
    return console_page(
        "exports/index.html",
        status=UNPROCESSABLE if errors else 200,
        jobs=jobs,
        in_progress=any(job.state in UNFINISHED for job in jobs),
        auto_refresh=request.method == "GET" and bool(request.args.get("watching")),
        governments=sorted(names.items(), key=lambda pair: pair[1]),
        names=names,
        states=[
            SignatureState.CONFIRMED.value,
            HELD,
            *(s.value for s in SignatureState if s is not SignatureState.CONFIRMED),
        ],
        formats=formats.available(),
        errors=errors or {},
        submitted=request.form,
    )


CSV_WITH_BOM = "csv-bom"


@console.post("/c/<slug>/export/counts")
@requires(Permission.VIEW_COUNTS)
def export_counts() -> Response:
    """Export the table of the counts page, with the same columns and numbers."""
    query, chosen = parse_counts_query(request.form), selected_campaign()
    if query.errors:
        with container.database.reading() as session:
            return render_counts(session, chosen, query)
    detail = ", ".join(filter(None, (f"by {','.join(query.by)}", describe_filter(query.only))))
    entry = AuditEntry(
        current_user().name, AuditAction.COUNTS_EXPORTED, f"campaign {chosen.slug}", detail
    )
    return stream_table(
        f"counts-{chosen.slug}",
        entry,
        lambda session: count_table(session, chosen.loaded, query.by, query.only),
    )


@console.post("/c/<slug>/export/letters")
@requires(Permission.EDIT)
def export_letters() -> Response:
    """Export the outcome of each letter, without its text and its writer."""
    letter_filter, chosen = letter_filter_from(request.form), selected_campaign()
    wanted = LetterExportFilter(letter_filter.government, letter_filter.state)
    entry = AuditEntry(
        current_user().name,
        AuditAction.LETTERS_EXPORTED,
        f"campaign {chosen.slug}",
        describe_filter(wanted),
    )
    return stream_table(
        f"letters-{chosen.slug}",
        entry,
        lambda session: letter_table(session, chosen.loaded, wanted),
    )


def stream_table(name: str, entry: AuditEntry, make: MakeTable) -> Response:
    """Log what is exported and how many rows, then stream the table as it is read.

    Raise InvalidText if a reason is required and none is given.
    """
    chosen, marked = requested_format()
    form, database = formats.load(chosen), container.database
    with database.writing() as session:
        log_export(session, replace(entry, number=make(session).total), container.clock())

    def pieces() -> Iterator[bytes]:
        if marked:
            yield BOM_UTF8
        # The request is over by then, and `container` with it.
        with database.reading() as session, closing(make(session)) as table:
            yield from form.pieces(table.columns, table.rows)

    response = Response(pieces(), content_type=form.MEDIA_TYPE)
    file = f"{name}-{container.clock():%Y-%m-%d}{form.SUFFIX}"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def requested_format() -> tuple[str, bool]:
    """Return the format that a form asks for, and whether Excel's byte order mark goes first."""
    asked = request.form.get("format", "csv")
    marked = asked == CSV_WITH_BOM
    name = "csv" if marked else asked
    if name not in formats.available():
        raise NotFound(name)
    return name, marked
