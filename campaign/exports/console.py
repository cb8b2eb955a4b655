"""Tables and packs for organisers: streamed, or built by the worker."""

from __future__ import annotations

from codecs import BOM_UTF8
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Response, redirect, request, send_file, url_for

from campaign.console.access import console, requires
from campaign.console.forms import form_on_page, submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user, form_transaction
from campaign.container import exports_folder
from campaign.errors import InvalidText, NotFound
from campaign.exports import enqueue, formats
from campaign.exports.forms import (
    BACKGROUND_FORMAT,
    FormatForm,
    PackForm,
    SignaturesForm,
)
from campaign.exports.queries import jobs as export_jobs
from campaign.exports.rules import UNFINISHED, ExportKind, JobState
from campaign.exports.tables import (
    count_table,
    describe_filter,
    letter_table,
    log_export,
    signature_table,
)
from campaign.language.formats import territory_name
from campaign.letters.forms import LetterFilterForm
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import Permission
from campaign.signatures.console.counts import counts_page
from campaign.signatures.forms import CountsFilter
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.exports.forms import NamesForm
    from campaign.exports.rows import ExportJobRow
    from campaign.exports.tables import Table

    MakeTable = Callable[[Session], Table]

_PACK, _SIGNATURES = "pack-", "signatures-"
"""What the ids of a form's fields begin with: both have a reason and a government."""

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
    form = SignaturesForm(id_prefix=_SIGNATURES)
    if not form.validate():
        return _page(form)
    loaded, wanted, keyring = selected_campaign().loaded, form.signature_filter, container.keyring
    name, now = form.format.data, container.clock()
    entry = _entry(AuditAction.SIGNATURES_EXPORTED, describe_filter(wanted), form.reason.data)
    if name == BACKGROUND_FORMAT:
        return _submit(
            form,
            lambda one: enqueue.enqueue_signatures(one, loaded, name, wanted, entry, now),
        )
    try:
        return stream_table(
            f"signatures-{loaded.slug}",
            entry,
            lambda session: signature_table(session, keyring, loaded, wanted),
        )
    except InvalidText as error:
        form.refuse(error)
        return _page(form)


@console.post("/c/<slug>/exports/packs")
@requires(Permission.VIEW_NAMES, fresh=True)
def export_pack() -> WerkzeugResponse:
    form, now = PackForm(id_prefix=_PACK), container.clock()
    loaded, government = selected_campaign().loaded, form.government.data
    entry = _entry(AuditAction.PACK_EXPORTED, f"government {government}", form.reason.data)
    return _submit(
        form,
        lambda one: enqueue.enqueue_handover_pack(one, loaded, government, entry, now),
    )


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


def _submit(form: NamesForm, ask: Callable[[Session], object]) -> WerkzeugResponse:
    """Let the worker make an export, and show how far it is."""
    return submit_form(
        form,
        ask,
        afterwards=url_for("console.exports", said="asked", watching=1),
        page=lambda: _page(form),
    )


def _entry(action: AuditAction, detail: str, reason: str = "") -> AuditEntry:
    about = f"campaign {selected_campaign().slug}"
    return AuditEntry(current_user().name, action, about, detail, reason)


def _page(submitted: NamesForm | None = None) -> Response:
    with container.database.reading() as session:
        jobs = export_jobs.listing(session, selected_campaign().campaign_id)
    return console_page(
        "exports/index.html",
        status=submitted.status if submitted else 200,
        submitted=submitted,
        jobs=jobs,
        in_progress=any(job.state in UNFINISHED for job in jobs),
        auto_refresh=request.method == "GET" and bool(request.args.get("watching")),
        names={code: territory_name(code, "en") for code in container.reference.governments},
        pack_form=form_on_page(submitted, PackForm, id_prefix=_PACK),
        signatures_form=form_on_page(submitted, SignaturesForm, id_prefix=_SIGNATURES),
    )


@console.post("/c/<slug>/export/counts")
@requires(Permission.VIEW_COUNTS)
def export_counts() -> Response:
    """Export the table of the counts page, with the same columns and numbers."""
    filters, chosen = CountsFilter(), selected_campaign()
    if not filters.validate():
        return counts_page(filters)
    by, only = filters.dimensions, filters.count_filter
    detail = ", ".join(filter(None, (f"by {','.join(by)}", describe_filter(only))))
    entry = AuditEntry(
        current_user().name, AuditAction.COUNTS_EXPORTED, f"campaign {chosen.slug}", detail
    )
    return stream_table(
        f"counts-{chosen.slug}",
        entry,
        lambda session: count_table(session, chosen.loaded, by, only),
    )


@console.post("/c/<slug>/export/letters")
@requires(Permission.EDIT)
def export_letters() -> Response:
    """Export the outcome of each letter, without its text and its writer."""
    wanted, loaded = LetterFilterForm().letter_filter, selected_campaign().loaded
    return stream_table(
        f"letters-{loaded.slug}",
        _entry(AuditAction.LETTERS_EXPORTED, describe_filter(wanted)),
        lambda session: letter_table(session, loaded, wanted),
    )


def stream_table(name: str, entry: AuditEntry, make: MakeTable) -> Response:
    """Log what is exported and how many rows, then stream the table as it is read.

    Raise InvalidText if a reason is required and none is given.
    """
    chosen, marked = FormatForm().format_and_mark
    form, database = formats.load(chosen), container.database
    with database.writing() as session:
        log_export(session, replace(entry, number=make(session).total), container.clock())

    def pieces() -> Iterator[bytes]:
        if marked:
            yield BOM_UTF8
        # The request is over by then, and `container` with it.
        with database.reading_replica() as session, closing(make(session)) as table:
            yield from form.pieces(table.columns, table.rows_for(chosen))

    response = Response(pieces(), content_type=form.MEDIA_TYPE)
    file = f"{name}-{container.clock():%Y-%m-%d}{form.SUFFIX}"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response
