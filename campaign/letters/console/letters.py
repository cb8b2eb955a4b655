"""Letters: by state and ministry, one by one, and what an organiser decides about them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from flask import Response, redirect, request, url_for

from campaign.console.access import CONFLICT, console, requires
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user, form_transaction
from campaign.delivery import decide
from campaign.delivery.decide import DecisionKind, ManualDecision
from campaign.delivery.queries import (
    attempts,
    carried_letters,
    digests,
    inbound,
    letter_lists,
    mails,
)
from campaign.delivery.queries.decisions import FAILED_STATES
from campaign.delivery.queries.letter_lists import LetterFilter
from campaign.delivery.sealing import unseal_answer
from campaign.errors import InvalidText, MissingGlyphs, NoLongerPossible, NotFound, SealError
from campaign.exports import formats
from campaign.language.formats import territory_name
from campaign.letters.queries import letters as store, printable as paper
from campaign.letters.rules.letter import LetterState
from campaign.letters.sealing import unseal_letter, unseal_message
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import Permission
from campaign.recipients.rules.government import to_iso_code
from campaign.signatures.console.table import open_persons
from campaign.signatures.queries import signatures
from campaign.web.context import container, web_services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session
    from werkzeug.datastructures import MultiDict
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.delivery.rules.answer import MessageContent
    from campaign.letters.rows import LetterRow

PAGE_SIZE = 50
LISTED_STATES = [state for state in LetterState if state is not LetterState.DRAFT]
"""Without drafts: a draft is no letter yet, because its signature was never confirmed."""

CHANGED_MEANWHILE = (
    "This has changed since the page was shown: somebody else, or the worker, was faster. "
    "Nothing of yours was done; below stands how it is now."
)
REASON_NEEDED = (
    "Say why, in one line of at most 500 characters: it is kept with the letters and in the log."
)


@console.get("/c/<slug>/letters")
@requires(Permission.EDIT)
def letters() -> Response:
    return _list_page(letter_filter_from(request.args))


@console.post("/c/<slug>/letters/decide")
@requires(Permission.EDIT)
def decide_letters() -> WerkzeugResponse:
    """Decide about all letters that match the filter, as many as were shown."""
    letter_filter = letter_filter_from(request.form)
    decision = _read_decision()
    if decision.kind not in _bulk(letter_filter):
        raise NotFound(decision.kind)
    expected = request.form.get("expected", -1, type=int)
    afterwards = url_for("console.letters", government=letter_filter.government, said="decided")
    try:
        with form_transaction(afterwards) as session:
            decide.decide_all(session, letter_filter, expected, decision, container.clock())
    except InvalidText:
        return _list_page(letter_filter, error=REASON_NEEDED)
    except NoLongerPossible:
        return _list_page(letter_filter, changed=True)
    return redirect(afterwards, 303)


@console.get("/c/<slug>/letters/<uuid:letter_id>")
@requires(Permission.EDIT)
def letter(letter_id: UUID) -> Response:
    return letter_page(letter_id)


@console.post("/c/<slug>/letters/<uuid:letter_id>/decide")
@requires(Permission.EDIT)
def decide_letter(letter_id: UUID) -> WerkzeugResponse:
    afterwards = url_for("console.letter", letter_id=letter_id, said="decided")
    try:
        with form_transaction(afterwards) as session:
            letter_or_404(session, letter_id)
            decide.decide_one(session, letter_id, _read_decision(), container.clock())
    except InvalidText:
        return letter_page(letter_id, error=REASON_NEEDED)
    except NoLongerPossible:
        return letter_page(letter_id, problem=CHANGED_MEANWHILE)
    return redirect(afterwards, 303)


@console.post("/c/<slug>/letters/<uuid:letter_id>/message")
@requires(Permission.VIEW_NAMES, fresh=True)
def message(letter_id: UUID) -> Response:
    """Return the bytes that were handed over last, for a mail program to open."""
    with container.database.writing() as session:
        row = letter_or_404(session, letter_id)
        sealed = carried_letters.sealed_message(session, row.id)
        if sealed is None:
            raise NotFound(str(letter_id))
        wire = unseal_message(container.keyring, row.id, sealed)
        _note(session, AuditAction.LETTER_FETCHED, letter_id)
    return attachment(wire, "message/rfc822", f"letter-{letter_id}.eml")


@console.post("/c/<slug>/letters/<uuid:letter_id>/print")
@requires(Permission.VIEW_NAMES, fresh=True)
def print_letter(letter_id: UUID) -> Response:
    """Print one letter, and record that in the audit log."""
    with container.database.writing() as session:
        row = letter_or_404(session, letter_id)
        try:
            made = container.pdf_renderer.render_letter(
                container.letter_builder.build(session, row)
            )
        except (NotFound, MissingGlyphs) as error:
            return letter_page(letter_id, problem=f"It cannot be printed: {error}.")
        decide.log_printed(session, current_user().name, row.government, 1, container.clock())
    return attachment(made, "application/pdf", f"letter-{letter_id}.pdf")


def _note(session: Session, action: AuditAction, letter_id: UUID) -> None:
    """Record in the audit log that somebody took out something that contains a name."""
    audit_log.append(
        session,
        AuditEntry(current_user().name, action, f"letter {letter_id}"),
        container.clock(),
    )


def _list_page(letter_filter: LetterFilter, error: str = "", *, changed: bool = False) -> Response:
    before = request.args.get("before", type=UUID)
    narrowed = letter_filter != LetterFilter(letter_filter.campaign_id)
    with container.database.reading() as session:
        totals = web_services.totals_cache.letter_totals(session, letter_filter.campaign_id)
        counts, answered = totals.by_state, totals.answered
        match_count = letter_lists.count(session, letter_filter) if narrowed else 0
        rows = (
            letter_lists.newest(session, letter_filter, PAGE_SIZE + 1, before) if narrowed else []
        )
        printable_count = _number_to_print(session, letter_filter)
        messages = inbound.count_of_campaign(session, letter_filter.campaign_id)
        replies = {row.id: attempts.last_reply(session, row.id) for row in rows}
        signed = signatures.with_ids(session, (row.signature_id for row in rows))
        persons = (
            open_persons(signed) if current_user().has_permission(Permission.VIEW_NAMES) else None
        )
    governments = sorted({government for government, _ in counts}, key=_name)
    return console_page(
        "letters/list.html",
        status=UNPROCESSABLE if error else CONFLICT if changed else 200,
        problem=CHANGED_MEANWHILE if changed else "",
        # Columns of zeros are left out.
        states=[state for state in LISTED_STATES if _sum(counts, state)],
        governments=governments,
        government_name=_name,
        counts=counts,
        totals={state: _sum(counts, state) for state in LISTED_STATES},
        answered=answered,
        messages=messages,
        totals_are_cached=web_services.totals_cache.ttl > 0,
        letter_filter=letter_filter,
        match_count=match_count,
        rows=rows[:PAGE_SIZE],
        replies=replies,
        persons=persons,
        next_cursor=rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
        verdicts=_bulk(letter_filter),
        limit=decide.MAX_AT_ONCE,
        formats=formats.available(),
        printable_count=printable_count,
        error=error,
        submitted=request.form,
    )


def letter_page(letter_id: UUID, error: str = "", problem: str = "") -> Response:
    may_see_names = current_user().has_permission(Permission.VIEW_NAMES)
    with container.database.reading() as session:
        row = letter_or_404(session, letter_id)
        history = attempts.attempts_of(session, letter_id)
        answers = [
            (one, _opened_answer(one.id, one.content) if may_see_names else None)
            for one in inbound.filed_under_letter(session, letter_id)
        ]
        digest_id = digests.last_digest_of(session, letter_id)
        digest_replies = inbound.of_digest(session, digest_id) if digest_id else []
    return console_page(
        "letters/detail.html",
        status=UNPROCESSABLE if error else CONFLICT if problem else 200,
        problem=problem,
        row=row,
        own_message=mails.find(session, letter_id),
        government_name=_name(row.government),
        text=_opened_text(row) if may_see_names else None,
        attempts=history,
        answers=answers,
        digest_id=digest_id,
        digest_replies=digest_replies,
        verdicts=decide.possible_decisions(row),
        error=error,
        submitted=request.form,
    )


def _opened_text(row: LetterRow) -> str:
    """Return the letter as it was signed; a broken seal must not hide the rest."""
    if row.sealed is None:
        return ""
    try:
        text, _ = unseal_letter(container.keyring, row.signature_id, row.sealed)
    except SealError as error:
        return f"({error})"
    return f"{text.subject}\n\n{text.full_text}"


def _opened_answer(inbound_id: UUID, shown: bytes | None) -> MessageContent | None:
    if shown is None:
        return None
    try:
        return unseal_answer(container.keyring, inbound_id, shown)
    except SealError:
        return None


def letter_or_404(session: Session, letter_id: UUID) -> LetterRow:
    """Return a letter of the campaign in the URL, or raise NotFound."""
    row = store.find(session, letter_id)
    if row is None or row.state is LetterState.DRAFT:
        raise NotFound(str(letter_id))
    selected_campaign().require_same_campaign(row.campaign_id)
    return row


def letter_filter_from(values: MultiDict[str, str]) -> LetterFilter:
    """Read which of the campaign's letters are meant; unknown values are ignored."""
    known = container.reference.ministries
    state, code = values.get("state", ""), to_iso_code(values.get("government", ""))
    return LetterFilter(
        selected_campaign().campaign_id,
        LetterState(state) if state in {one.value for one in LISTED_STATES} else None,
        code if code in known else "",
        answered=values.get("answered") == "y",
        doubtful=values.get("doubtful") == "y",
    )


def _number_to_print(session: Session, letter_filter: LetterFilter) -> int:
    """Return how many letters an owner could print: of one state, to one ministry."""
    if not (
        current_user().has_permission(Permission.VIEW_NAMES)
        and letter_filter.government
        and letter_filter.state in paper.PRINTABLE
    ):
        return 0
    return paper.count_printable(
        session, letter_filter.campaign_id, letter_filter.government, [letter_filter.state]
    )


def _bulk(letter_filter: LetterFilter) -> list[DecisionKind]:
    """Return what can be decided about all matching letters at once."""
    if letter_filter.state is LetterState.UNCERTAIN:
        return [DecisionKind.RELEASE, DecisionKind.DROP]
    return [DecisionKind.RETRY] if letter_filter.state in FAILED_STATES else []


def _read_decision() -> ManualDecision:
    try:
        verdict = DecisionKind(request.form.get("verdict", ""))
    except ValueError:
        raise NotFound("verdict") from None
    return ManualDecision(verdict, current_user().name, request.form.get("reason", ""))


def _sum(
    counts: Mapping[tuple[str, LetterState], int], state: LetterState | None, government: str = ""
) -> int:
    return sum(
        number
        for (code, one), number in counts.items()
        if state in {None, one} and government in {"", code}
    )


def attachment(content: bytes, media_type: str, name: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _name(government: str) -> str:
    return territory_name(government, "en")
