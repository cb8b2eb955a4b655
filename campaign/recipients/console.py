"""The directory: where letters go, who verified that, and how each recipient receives letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flask import request, url_for
from werkzeug.routing import BaseConverter

from campaign.console.access import console, requires
from campaign.console.forms import form_on_page, submit_form
from campaign.console.listing import CURSOR, PAGE_SIZE, list_page
from campaign.console.pages import console_page
from campaign.console.selected_campaign import all_campaigns, published_campaigns
from campaign.console.session import current_user
from campaign.delivery import pacing, pause as pausing
from campaign.delivery.pacing import expected_queue_end
from campaign.errors import InvalidText
from campaign.letters.queries import letters, waiting
from campaign.letters.rules.letter import LetterState
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Permission
from campaign.recipients import new_in_office, verify as verifying
from campaign.recipients.forms import (
    DigestForm,
    NewInOfficeForm,
    PaceForm,
    PauseForm,
    RecipientFilter,
    RecipientForm,
    ResumeForm,
    VerifyForm,
    WrongAddressForm,
)
from campaign.recipients.labels import recipient_label
from campaign.recipients.queries import addresses, directory, recipients as store, wishes
from campaign.recipients.rules.addresses import AddressStatus, Channel
from campaign.recipients.rules.directory import in_office
from campaign.recipients.rules.recipient import (
    KEY_PATTERN,
    audit_subject,
    audit_subject_before,
    is_recipient_key,
)
from campaign.recipients.rules.wish import WRONG_ADDRESSEE
from campaign.recipients.sealing import open_contact_report, open_place
from campaign.recipients.verify import AddressCheck
from campaign.recipients.version_token import require_unchanged, version_token
from campaign.web.context import container, web_services

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.console.forms import ConsoleForm
    from campaign.recipients.rows import AddressRow, RecipientRow

    Change = Callable[[Session], object]
    FormT = TypeVar("FormT", bound=RecipientForm)


class RecipientConverter(BaseConverter):
    """A recipient's key in a URL: /recipients/DE/foreign-affairs."""

    part_isolating = False
    regex = KEY_PATTERN


MAX_REPORTS = 50
MAX_LOG_ENTRIES = 30


@console.get("/recipients")
@requires(Permission.MANAGE_SITE)
def recipients() -> Response:
    filters, after = RecipientFilter(), request.args.get(CURSOR, "")
    after = after if is_recipient_key(after) else ""
    with container.database.reading() as session:
        wanted = filters.search(letters.recipients_of_unsent(session))
        found = store.search(session, wanted, PAGE_SIZE + 1, after)
        listed = list_page(found, filters, cursor="key")
        queued = letters.count_queued_by_recipient(session)
        reports = addresses.count_open_reports(session)
    queue_done_by = {
        row.key: expected_queue_end(row, queued.get(row.key, 0), container.pace, container.clock())
        for row in listed.rows
        if container.pace.enforced and not row.digest
    }
    return console_page(
        "recipients/list.html",
        filters=filters,
        listed=listed,
        rows=sorted(listed.rows, key=lambda row: recipient_label(row.key)),
        channel=Channel,
        statuses=AddressStatus,
        queued=queued,
        reports=reports,
        queue_done_by=queue_done_by,
    )


@console.get("/recipients/<recipient:key>")
@requires(Permission.MANAGE_SITE)
def recipient(key: str) -> Response:
    return _page(key)


@console.post("/recipients/<recipient:key>/verify")
@requires(Permission.MANAGE_SITE, fresh=True)
def verify_address(key: str) -> WerkzeugResponse:
    """Record that a person verified an address; if it is a new one, add it first."""
    form, settings = VerifyForm(), container.settings

    def change(session: Session) -> None:
        check = AddressCheck(current_user().name, form.reason.data, settings.verifiers)
        email, postal = form.email.stripped, form.postal.stripped
        if bool(email) == bool(postal):
            raise InvalidText("both" if email else "no-address")
        now = container.clock()
        if postal:
            verifying.verify_postal(session, key, postal.splitlines(), check, now=now)
            return
        language = form.language.data
        verifying.verify(session, key, email, check, now=now, language=language)
        waiting.update_unverified_letters(session, live=settings.live, now=now)

    return _submit(key, form, "verify" if settings.verifiers == 1 else "check", change)


@console.post("/recipients/<recipient:key>/wrong")
@requires(Permission.MANAGE_SITE)
def mark_address_wrong(key: str) -> WerkzeugResponse:
    form, now = WrongAddressForm(), container.clock()

    def change(session: Session) -> None:
        check = AddressCheck(current_user().name, form.reason.data)
        verifying.mark_wrong(session, key, form.address.data, check, now=now)
        waiting.update_unverified_letters(session, live=container.settings.live, now=now)

    return _submit(key, form, "wrong", change)


@console.post("/recipients/<recipient:key>/pace")
@requires(Permission.MANAGE_SITE)
def set_recipient_pace(key: str) -> WerkzeugResponse:
    form, by, now = PaceForm(id_prefix="pace-"), current_user().name, container.clock()
    return _submit(
        key,
        form,
        "pace",
        lambda session: pacing.set_pace(session, key, form.pace_change, by, now),
    )


@console.post("/recipients/<recipient:key>/digest")
@requires(Permission.MANAGE_SITE)
def set_recipient_digest(key: str) -> WerkzeugResponse:
    form, by, now = DigestForm(id_prefix="digest-"), current_user().name, container.clock()
    return _submit(
        key,
        form,
        "digest",
        lambda session: pacing.set_digest(
            session, key, on=form.on.data, by=by, now=now, weekly=form.weekly.data
        ),
    )


@console.post("/recipients/<recipient:key>/pause")
@requires(Permission.MANAGE_SITE)
def pause_recipient(key: str) -> WerkzeugResponse:
    form, by, now = PauseForm(id_prefix="pause-"), current_user().name, container.clock()
    return _submit(
        key,
        form,
        "pause",
        lambda session: pausing.pause(session, key, form.reason.data, by, now),
    )


@console.post("/recipients/<recipient:key>/resume")
@requires(Permission.MANAGE_SITE)
def resume_recipient(key: str) -> WerkzeugResponse:
    live, by, now = container.settings.live, current_user().name, container.clock()
    return _submit(
        key,
        ResumeForm(id_prefix="resume-"),
        "resume",
        lambda session: pausing.resume(session, key, by, live=live, now=now),
    )


@console.post("/recipients/<recipient:key>/new-in-office")
@requires(Permission.MANAGE_SITE)
def enter_new_in_office(key: str) -> WerkzeugResponse:
    form, by, now = NewInOfficeForm(id_prefix="office-"), current_user().name, container.clock()

    def change(session: Session) -> None:
        new_in_office.enter_new_in_office(session, key, form.told(by), now)
        waiting.update_unverified_letters(session, live=container.settings.live, now=now)

    return _submit(key, form, "new-in-office", change)


def _submit(key: str, form: RecipientForm, notice: str, change: Change) -> WerkzeugResponse:
    """Change a recipient as it was shown; `notice`: what its page says afterwards."""

    def change_what_was_shown(session: Session) -> None:
        require_unchanged(session, key, form.seen.data)
        change(session)

    return submit_form(
        form,
        change_what_was_shown,
        afterwards=url_for("console.recipient", key=key, said=notice),
        page=lambda: _page(key, form),
    )


def _page(key: str, submitted: ConsoleForm | None = None) -> Response:
    """Show a recipient; after an error, with what was typed and a message at the field."""
    with container.database.reading() as session:
        row = store.get(session, key)
        reports = [
            (one, open_contact_report(container.keyring, one.id, one.sealed) if one.sealed else "")
            for one in addresses.list_open_reports(session, key, MAX_REPORTS)
        ]
        wanted = AuditFilter(about=audit_subject(key), about_before=audit_subject_before(key))
        entries = audit_log.search(session, wanted, MAX_LOG_ENTRIES)
        queued = letters.count_queued_by_recipient(session).get(key, 0)
        holders = directory.holders_of(session, [key])
        wish = wishes.last_place(session, key) if row.pause_reason == WRONG_ADDRESSEE else None
        place = open_place(container.keyring, wish.id, wish.sealed) if wish and wish.sealed else ""
        letter_counts, answered = _letters_so_far(session, key)
    return console_page(
        "recipients/detail.html",
        status=submitted.status if submitted else 200,
        row=row,
        campaigns=[
            one for one in published_campaigns() if key in container.written_to([one.loaded])
        ],
        reports=reports,
        holders=in_office(holders),
        past_holders=[one for one in holders if one not in in_office(holders)],
        place=place,
        letter_counts=letter_counts,
        answered=answered,
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


def _letters_so_far(session: Session, key: str) -> tuple[dict[LetterState, int], int]:
    """Return how many letters to it are in each state, and how many were answered.

    Over all campaigns; on a busy site some seconds old.
    """
    sums, answered = dict.fromkeys(LetterState, 0), 0
    for loaded in all_campaigns():
        totals = web_services.totals_cache.letter_totals(session, loaded.campaign_id)
        answered += totals.answered.get(key, 0)
        for state in LetterState:
            sums[state] += totals.by_state.get((key, state), 0)
    return {state: number for state, number in sums.items() if number}, answered


def _forms(row: RecipientRow, submitted: ConsoleForm | None) -> dict[str, Any]:
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
        "office_form": form(NewInOfficeForm, id_prefix="office-"),
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
