"""Exports with names: signatures, and the pack that is handed over to a government."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Response, redirect, request, send_file, url_for

from campaign.campaigns.console import chosen_campaign
from campaign.console.guard import console, needs
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.session import acting, me
from campaign.errors import NotFound, UnacceptableText
from campaign.exports import formats as exports, order as export_orders
from campaign.exports.console.order import chosen_format, streamed
from campaign.exports.queries import jobs as export_jobs
from campaign.exports.queries.tables import SignatureFilter
from campaign.exports.rules import OPEN, JobState, What
from campaign.exports.tables import described, signature_table
from campaign.language.formats import territory
from campaign.organisers.queries import audit_log as log
from campaign.organisers.rules.audit_log import Action, Entry
from campaign.organisers.rules.roles import Right
from campaign.recipients.rules.government import iso_code
from campaign.signatures.rules.signature import State
from campaign.web.context import current_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.cache import Shelved
    from campaign.exports.rows import ExportJobRow

HELD = "held"
BY_THE_WORKER = "xlsx"
"""The format that is whole before its first byte leaves, and so made by the worker."""

REASON_NEEDED = "Say in one line what it is for, and who gets it: it is kept in the log."
ASKED = "asked"

_SUFFIXES = {What.PACK: ".zip", What.SIGNATURES: ".xlsx", What.LETTERS: ".pdf"}


@console.get("/c/<slug>/exports")
@needs(Right.NAMES)
def exports_page() -> Response:
    """The forms and the jobs; `watching` shows the jobs alone, and anew every few seconds."""
    return _page()


@console.post("/c/<slug>/exports/signatures")
@needs(Right.NAMES, fresh=True)
def export_signatures() -> WerkzeugResponse:
    """Stream a table of signatures, or let the worker make a workbook of it."""
    site, wanted = current_site(), _wanted()
    name, _ = chosen_format()
    shelved = chosen_campaign().shelved
    entry = _entry(Action.SIGNATURES_EXPORTED, shelved, described(wanted))
    try:
        if name == BY_THE_WORKER:
            return _asked_for(
                lambda session: export_orders.ask_for_signatures(
                    session, shelved, name, wanted, entry, site.clock()
                )
            )
        return streamed(
            f"signatures-{shelved.slug}",
            entry,
            lambda session: signature_table(session, site.keyring, shelved, wanted),
        )
    except UnacceptableText:
        return _page({"signatures-reason": REASON_NEEDED})


@console.post("/c/<slug>/exports/packs")
@needs(Right.NAMES, fresh=True)
def export_pack() -> WerkzeugResponse:
    site, government = current_site(), iso_code(request.form.get("government", ""))
    if government not in site.reference.ministries:
        return _page({"pack-government": "Choose the government that gets it."})
    shelved = chosen_campaign().shelved
    entry = _entry(Action.PACK_EXPORTED, shelved, f"government {government}")
    try:
        return _asked_for(
            lambda session: export_orders.ask_for_pack(
                session, shelved, government, entry, site.clock()
            )
        )
    except UnacceptableText:
        return _page({"pack-reason": REASON_NEEDED})


@console.post("/c/<slug>/exports/<uuid:job_id>/file")
@needs(Right.NAMES, fresh=True)
def export_file(job_id: UUID) -> WerkzeugResponse:
    site = current_site()
    with site.database.reading() as session:
        row = job_of_campaign(session, job_id)
    path = site.exports / row.file
    if row.state is not JobState.READY or not path.is_file():
        raise NotFound(str(job_id))
    parts = (row.what.value, chosen_campaign().slug, row.government, f"{row.asked_at:%Y-%m-%d}")
    name = "-".join(filter(None, parts)) + _SUFFIXES[row.what]
    with site.database.writing() as session:
        entry = Entry(me().name, Action.EXPORT_FETCHED, f"export {row.id}", name)
        log.append(session, entry, site.clock())
    response = send_file(path, as_attachment=True, download_name=name, etag=False)
    response.headers["Cache-Control"] = "no-store"
    return response


@console.post("/c/<slug>/exports/<uuid:job_id>/cancel")
@needs(Right.NAMES)
def cancel_export(job_id: UUID) -> WerkzeugResponse:
    afterwards = url_for("console.exports_page", said="cancelled")
    with acting(afterwards) as session:
        now = current_site().clock()
        job_of_campaign(session, job_id)
        if export_jobs.cancel(session, job_id, now):
            log.append(session, Entry(me().name, Action.EXPORT_CANCELLED, f"export {job_id}"), now)
    return redirect(afterwards, 303)


def job_of_campaign(session: Session, job_id: UUID) -> ExportJobRow:
    """Return a job of the campaign in the address, or raise NotFound."""
    row = export_jobs.find(session, job_id)
    chosen_campaign().must_have(row.campaign_id)
    return row


def _asked_for(ask: Callable[[Session], object]) -> WerkzeugResponse:
    afterwards = url_for("console.exports_page", said=ASKED, watching=1)
    with acting(afterwards) as session:
        ask(session)
    return redirect(afterwards, 303)


def _entry(action: Action, shelved: Shelved, detail: str) -> Entry:
    about = f"campaign {shelved.slug}"
    return Entry(me().name, action, about, detail, request.form.get("reason", ""))


def _wanted() -> SignatureFilter:
    """Read which signatures are meant; a state that is none means the confirmed ones.

    A government that is none is not there: left out, it would let everybody's leave.
    """
    state, government = request.form.get("state", ""), iso_code(request.form.get("government", ""))
    if government and government not in current_site().reference.ministries:
        raise NotFound(government)
    wanted = SignatureFilter(government=government)
    if state == HELD:
        return replace(wanted, held=True)
    return replace(wanted, state=State(state)) if state in set(State) else wanted


def _page(errors: dict[str, str] | None = None) -> Response:
    site, chosen = current_site(), chosen_campaign()
    with site.database.reading() as session:
        jobs = export_jobs.listing(session, chosen.campaign_id)
    names = {code: territory(code, "en") for code in site.reference.ministries}
    return console_page(
        "exports.html",
        status=UNPROCESSABLE if errors else 200,
        jobs=jobs,
        at_work=any(job.state in OPEN for job in jobs),
        watching=request.method == "GET" and bool(request.args.get("watching")),
        governments=sorted(names.items(), key=lambda pair: pair[1]),
        names=names,
        states=[State.CONFIRMED.value, HELD, *(s.value for s in State if s is not State.CONFIRMED)],
        formats=exports.names(),
        by_the_worker=BY_THE_WORKER,
        errors=errors or {},
        typed=request.form,
    )
