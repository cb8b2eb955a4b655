"""The directory: where letters go, who verified that, and how each ministry receives letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flask import url_for

from campaign.console.access import console, requires
from campaign.console.forms import form_on_page, submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import SelectedCampaign, all_campaigns
from campaign.console.session import current_user
from campaign.delivery import pacing, pause as pausing
from campaign.delivery.pacing import expected_queue_end
from campaign.errors import InvalidText, NotFound
from campaign.language.formats import territory_name
from campaign.letters.queries import letters, waiting
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter as WantedEntries
from campaign.organisers.rules.roles import Permission
from campaign.recipients import verify as verifying
from campaign.recipients.address_import import require_unchanged, version_token
from campaign.recipients.forms import (
    DigestForm,
    MinistryForm,
    PaceForm,
    PauseForm,
    ResumeForm,
    VerifyForm,
    WrongAddressForm,
)
from campaign.recipients.queries import addresses, ministries as store
from campaign.recipients.rules.addresses import AddressStatus, Channel
from campaign.recipients.sealing import open_contact_report
from campaign.recipients.verify import AddressCheck
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.console.forms import ConsoleForm
    from campaign.recipients.rows import AddressRow, MinistryRow

    Change = Callable[[Session], object]
    FormT = TypeVar("FormT", bound=MinistryForm)

MAX_REPORTS = 50
MAX_LOG_ENTRIES = 30


@console.get("/ministries")
@requires(Permission.EDIT)
def ministries() -> Response:
    with container.database.reading() as session:
        rows = store.list_all(session)
        queued = letters.count_queued_by_government(session)
        reports = addresses.count_open_reports(session)
    queue_done_by = {
        row.government: expected_queue_end(
            row, queued.get(row.government, 0), container.pace, container.clock()
        )
        for row in rows
        if container.pace.enforced and not row.digest
    }
    return console_page(
        "recipients/ministries.html",
        rows=sorted(rows, key=lambda row: _country(row.government)),
        government_name=_country,
        channel=Channel,
        statuses=AddressStatus,
        queued=queued,
        reports=reports,
        queue_done_by=queue_done_by,
    )


@console.get("/ministries/<government>")
@requires(Permission.EDIT)
def ministry(government: str) -> Response:
    return _page(government)


@console.post("/ministries/<government>/verify")
@requires(Permission.EDIT, fresh=True)
def verify_address(government: str) -> WerkzeugResponse:
    """Record that a person verified an address; if it is a new one, add it first."""
    form, settings = VerifyForm(), container.settings

    def change(session: Session) -> None:
        check = AddressCheck(current_user().name, form.reason.data, settings.verifiers)
        email, postal = form.email.stripped, form.postal.stripped
        if bool(email) == bool(postal):
            raise InvalidText("both" if email else "no-address")
        now = container.clock()
        if postal:
            verifying.verify_postal(session, government, postal.splitlines(), check, now=now)
            return
        language = form.language.data
        verifying.verify(session, government, email, check, now=now, language=language)
        waiting.update_unverified_letters(session, live=settings.live, now=now)

    return _submit(government, form, "verify" if settings.verifiers == 1 else "check", change)


@console.post("/ministries/<government>/wrong")
@requires(Permission.EDIT)
def mark_address_wrong(government: str) -> WerkzeugResponse:
    form, now = WrongAddressForm(), container.clock()

    def change(session: Session) -> None:
        check = AddressCheck(current_user().name, form.reason.data)
        verifying.mark_wrong(session, government, form.address.data, check, now=now)
        waiting.update_unverified_letters(session, live=container.settings.live, now=now)

    return _submit(government, form, "wrong", change)


@console.post("/ministries/<government>/pace")
@requires(Permission.EDIT)
def set_ministry_pace(government: str) -> WerkzeugResponse:
    form, by, now = PaceForm(id_prefix="pace-"), current_user().name, container.clock()
    return _submit(
        government,
        form,
        "pace",
        lambda session: pacing.set_pace(session, government, form.pace_change, by, now),
    )


@console.post("/ministries/<government>/digest")
@requires(Permission.EDIT)
def set_ministry_digest(government: str) -> WerkzeugResponse:
    form, by, now = DigestForm(id_prefix="digest-"), current_user().name, container.clock()
    return _submit(
        government,
        form,
        "digest",
        lambda session: pacing.set_digest(session, government, on=form.on.data, by=by, now=now),
    )


@console.post("/ministries/<government>/pause")
@requires(Permission.EDIT)
def pause_ministry(government: str) -> WerkzeugResponse:
    form, by, now = PauseForm(id_prefix="pause-"), current_user().name, container.clock()
    return _submit(
        government,
        form,
        "pause",
        lambda session: pausing.pause(session, government, form.reason.data, by, now),
    )


@console.post("/ministries/<government>/resume")
@requires(Permission.EDIT)
def resume_ministry(government: str) -> WerkzeugResponse:
    live, by, now = container.settings.live, current_user().name, container.clock()
    return _submit(
        government,
        ResumeForm(id_prefix="resume-"),
        "resume",
        lambda session: pausing.resume(session, government, by, live=live, now=now),
    )


def _submit(government: str, form: MinistryForm, notice: str, change: Change) -> WerkzeugResponse:
    """Change a ministry as it was shown; `notice`: what its page says afterwards."""
    _must_be_known(government)

    def change_what_was_shown(session: Session) -> None:
        require_unchanged(session, government, form.seen.data)
        change(session)

    return submit_form(
        form,
        change_what_was_shown,
        afterwards=url_for("console.ministry", government=government, said=notice),
        page=lambda: _page(government, form),
    )


def _page(government: str, submitted: ConsoleForm | None = None) -> Response:
    """Show a ministry; after an error, with what was typed and a message at the field."""
    _must_be_known(government)
    with container.database.reading() as session:
        row = store.get(session, government)
        reports = [
            (one, open_contact_report(container.keyring, one.id, one.sealed) if one.sealed else "")
            for one in addresses.list_open_reports(session, government, MAX_REPORTS)
        ]
        about = WantedEntries(about=f"ministry {government}")
        entries = audit_log.search(session, about, MAX_LOG_ENTRIES)
        queued = letters.count_queued_by_government(session).get(government, 0)
    return console_page(
        "recipients/ministry.html",
        status=submitted.status if submitted else 200,
        row=row,
        ministry=container.reference.ministries[government],
        campaigns=[SelectedCampaign(loaded) for loaded in all_campaigns()],
        government_name=_country(government),
        reports=reports,
        entries=entries,
        queued=queued,
        pace=container.pace,
        limits=container.pace.limits_for(row),
        queue_done_by=expected_queue_end(row, queued, container.pace, container.clock())
        if container.pace.enforced
        else None,
        submitted=submitted,
        **_forms(row, submitted),
    )


def _forms(row: MinistryRow, submitted: ConsoleForm | None) -> dict[str, Any]:
    """Return the page's forms: the submitted one as it was, and all with the present version."""
    seen = version_token(row)

    def form(kind: type[FormT], **values: Any) -> FormT:
        shown = form_on_page(submitted, kind, **values)
        shown.seen.data, shown.seen.raw_data = seen, None
        return shown

    return {
        "verify_forms": {one.id: form(VerifyForm, **_checked_as(one)) for one in row.addresses},
        "wrong_forms": {
            one.id: form(WrongAddressForm, row=str(one.id), address=one.value)
            for one in row.addresses
        },
        "new_address": form(VerifyForm),
        "pace_form": form(PaceForm, obj=row, id_prefix="pace-"),
        "digest_form": form(DigestForm, on=not row.digest, id_prefix="digest-"),
        "pause_form": form(PauseForm, id_prefix="pause-"),
        "resume_form": form(ResumeForm, id_prefix="resume-"),
    }


def _checked_as(one: AddressRow) -> dict[str, str]:
    """Return the fields that check an address of the list once more."""
    if one.channel is Channel.POSTAL:
        return {"row": str(one.id), "postal": one.value}
    return {"row": str(one.id), "email": one.value, "language": one.language}


def _must_be_known(government: str) -> None:
    """Raise NotFound for an unknown government, before the database is queried for it."""
    if government not in container.reference.ministries:
        raise NotFound(government)


def _country(government: str) -> str:
    return territory_name(government, "en")
