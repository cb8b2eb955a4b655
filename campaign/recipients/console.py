"""The directory: where letters go, who verified that, and how each ministry receives letters."""

from __future__ import annotations

import re
from datetime import time
from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from campaign.console.access import CONFLICT, console, requires
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.selected_campaign import SelectedCampaign, all_campaigns
from campaign.console.session import current_user, form_transaction
from campaign.delivery import pacing, pause as pausing
from campaign.delivery.pacing import PaceChange, expected_queue_end
from campaign.errors import InvalidText, NoLongerPossible, NotFound
from campaign.language.formats import territory_name
from campaign.letters.queries import letters, waiting
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter as WantedEntries
from campaign.organisers.rules.roles import Permission
from campaign.recipients import verify as verifying
from campaign.recipients.address_import import require_unchanged, version_token
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

    Change = Callable[[Session], object]

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
MAX_REPORTS = 50
MAX_LOG_ENTRIES = 30

_FIELD_ERRORS = {
    "no-address": ("email", "Type an e-mail address, or a postal one below."),
    "both": ("postal", "Check one address after the other: an e-mail or a postal one."),
    "not-an-address": ("email", "This is not an e-mail address that every server takes."),
    "too-many-lines": ("postal", "A postal address has at most 6 lines of 60 characters."),
    "closes-before-it-opens": ("closes", "An office closes after it opens."),
    "no-time": ("opens", "A time is like 08:30."),
    "no-number": ("per_hour", "A pace is a whole number: 1 to 3600 an hour, 1 to 30000 a day."),
    "no-language": ("language", "Choose one of the languages."),
    "not-in-the-list": ("address", "This address is not in the list any more."),
    "no-zone": ("zone", "A time zone is like Europe/Athens."),
    "no-pause-reason": ("reason", "Say why: supporters see that letters wait."),
    "no-reason": ("reason", "Say how it was checked: with whom, where, when."),
    "needs-another-person": (
        "reason",
        (
            "You have checked this address already. Another person has to check it before it "
            "counts as verified."
        ),
    ),
    "too-long": ("reason", "This is longer than 1,000 characters."),
}
_BAD_TEXT = ("reason", "This has characters that cannot be kept.")


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
        rows=sorted(rows, key=lambda row: _name(row.government)),
        government_name=_name,
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
    form = request.form
    check = AddressCheck(current_user().name, form.get("reason", ""), container.settings.verifiers)

    def change(session: Session) -> None:
        email, postal = form.get("email", "").strip(), form.get("postal", "").strip()
        if bool(email) == bool(postal):
            raise InvalidText("both" if email else "no-address")
        if postal:
            lines = postal.splitlines()
            verifying.verify_postal(session, government, lines, check, now=container.clock())
            return
        verifying.verify(
            session,
            government,
            email,
            check,
            now=container.clock(),
            language=_language(),
        )
        waiting.update_unverified_letters(
            session, live=container.settings.live, now=container.clock()
        )

    return _apply_change(
        government, "verify", change, "verify" if container.settings.verifiers == 1 else "check"
    )


@console.post("/ministries/<government>/wrong")
@requires(Permission.EDIT)
def mark_address_wrong(government: str) -> WerkzeugResponse:
    value = request.form.get("address", "")
    check = AddressCheck(current_user().name, request.form.get("reason", ""))

    def change(session: Session) -> None:
        verifying.mark_wrong(session, government, value, check, now=container.clock())
        waiting.update_unverified_letters(
            session, live=container.settings.live, now=container.clock()
        )

    return _apply_change(government, "wrong", change)


@console.post("/ministries/<government>/pace")
@requires(Permission.EDIT)
def set_ministry_pace(government: str) -> WerkzeugResponse:
    now = container.clock()
    return _apply_change(
        government,
        "pace",
        lambda session: pacing.set_pace(
            session, government, _read_pace_form(), current_user().name, now
        ),
    )


@console.post("/ministries/<government>/digest")
@requires(Permission.EDIT)
def set_ministry_digest(government: str) -> WerkzeugResponse:
    on, now = request.form.get("on") == "y", container.clock()
    return _apply_change(
        government,
        "digest",
        lambda session: pacing.set_digest(
            session, government, on=on, by=current_user().name, now=now
        ),
    )


@console.post("/ministries/<government>/pause")
@requires(Permission.EDIT)
def pause_ministry(government: str) -> WerkzeugResponse:
    reason, now = request.form.get("reason", ""), container.clock()
    return _apply_change(
        government,
        "pause",
        lambda session: pausing.pause(session, government, reason, current_user().name, now),
    )


@console.post("/ministries/<government>/resume")
@requires(Permission.EDIT)
def resume_ministry(government: str) -> WerkzeugResponse:
    return _apply_change(
        government,
        "resume",
        lambda session: pausing.resume(
            session,
            government,
            current_user().name,
            live=container.settings.live,
            now=container.clock(),
        ),
    )


def _apply_change(
    government: str, form_name: str, change: Change, notice: str = ""
) -> WerkzeugResponse:
    """Change a ministry as it was shown; on an error show it again, with what was typed.

    `notice`: what the page says afterwards, if that is not named like the form.
    """
    _must_be_known(government)
    afterwards = url_for("console.ministry", government=government, said=notice or form_name)
    try:
        with form_transaction(afterwards) as session:
            require_unchanged(session, government, request.form.get("seen", ""))
            change(session)
    except NoLongerPossible:
        return _page(government, form_name=form_name, conflict=True)
    except InvalidText as error:
        return _page(
            government, form_name=form_name, fault=_FIELD_ERRORS.get(error.reason, _BAD_TEXT)
        )
    return redirect(afterwards, 303)


def _page(
    government: str,
    *,
    form_name: str = "",
    fault: tuple[str, str] | None = None,
    conflict: bool = False,
) -> Response:
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
    status = UNPROCESSABLE if fault else CONFLICT if conflict else 200
    return console_page(
        "recipients/ministry.html",
        status=status,
        row=row,
        ministry=container.reference.ministries[government],
        campaigns=[SelectedCampaign(loaded) for loaded in all_campaigns()],
        government_name=_name(government),
        version=version_token(row),
        reports=reports,
        entries=entries,
        queued=queued,
        pace=container.pace,
        limits=container.pace.limits_for(row),
        queue_done_by=expected_queue_end(row, queued, container.pace, container.clock())
        if container.pace.enforced
        else None,
        form_name=form_name,
        errors={fault[0]: fault[1]} if fault else {},
        submitted=request.form if form_name else {},
        conflict=conflict,
        # For the form of one address: which address, so that its error appears there.
        failed_row=request.form.get("row", "") if form_name else "",
        letter_languages=list(container.languages),
    )


def _must_be_known(government: str) -> None:
    """Raise NotFound for an unknown government, before the database is queried for it."""
    if government not in container.reference.ministries:
        raise NotFound(government)


def _read_pace_form() -> PaceChange:
    """Read a pace; an empty field leaves the pace unchanged."""
    return PaceChange(
        _number("per_hour", 3_600),
        _number("per_day", 30_000),
        _time("opens"),
        _time("closes"),
        request.form.get("zone", "").strip() or None,
    )


def _language() -> str:
    """Return the letter language that an address is for: empty for any."""
    language = request.form.get("language", "")
    if language and language not in container.languages:
        raise InvalidText("no-language")
    return language


def _number(name: str, maximum: int) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(maximum))
    if not (is_number and 1 <= int(text) <= maximum):
        raise InvalidText("no-number")
    return int(text)


def _time(name: str) -> time | None:
    text = request.form.get(name, "").strip()
    if text and not _TIME.fullmatch(text):
        raise InvalidText("no-time")
    return time.fromisoformat(text) if text else None


def _name(government: str) -> str:
    return territory_name(government, "en")
