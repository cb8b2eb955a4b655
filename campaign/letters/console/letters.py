"""Letters: by state and ministry, one by one, and what a person decides about them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from flask import Response, redirect, request, url_for

from campaign.campaigns.console import chosen_campaign
from campaign.console.guard import CONFLICT, console, needs
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.session import acting, me
from campaign.delivery import decide as deciding
from campaign.delivery.decide import Ruling, Verdict
from campaign.delivery.queries import digests, inbound
from campaign.delivery.queries.queue import FAILED
from campaign.delivery.sealing import open_answer
from campaign.errors import NoLongerPossible, NotFound, SealError, UnacceptableText, Unprintable
from campaign.exports import formats as exports
from campaign.language.formats import territory
from campaign.letters.queries import letters as store, lists as letter_lists, paper
from campaign.letters.queries.lists import Which
from campaign.letters.rules.letter import LetterState
from campaign.letters.sealing import open_letter, open_message
from campaign.organisers.queries import audit_log as log
from campaign.organisers.rules.audit_log import Action, Entry
from campaign.organisers.rules.roles import Right
from campaign.recipients.rules.government import iso_code
from campaign.signatures.console.persons import persons_of
from campaign.signatures.queries import signatures
from campaign.web.context import current_site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session
    from werkzeug.datastructures import MultiDict
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.delivery.rules.answer import Answer
    from campaign.letters.rows import LetterRow

A_PAGE = 50
SHOWN = [state for state in LetterState if state is not LetterState.DRAFT]
"""A draft is no letter yet: its signature was never confirmed."""

CHANGED = (
    "This has changed since the page was shown: somebody else, or the worker, was faster. "
    "Nothing of yours was done; below stands how it is now."
)
REASON_NEEDED = (
    "Say why, in one line of at most 500 characters: it is kept with the letters and in the log."
)


@console.get("/c/<slug>/letters")
@needs(Right.WORK)
def letters() -> Response:
    return _list_page(which_letters(request.args))


@console.post("/c/<slug>/letters/decide")
@needs(Right.WORK)
def decide_about_all() -> WerkzeugResponse:
    """Decide about all letters of a kind, as many as were seen."""
    which = which_letters(request.form)
    ruling = _ruling()
    if ruling.verdict not in _bulk(which):
        raise NotFound(ruling.verdict)
    expected = request.form.get("expected", -1, type=int)
    afterwards = url_for("console.letters", government=which.government, said="decided")
    try:
        with acting(afterwards) as session:
            deciding.decide_all(session, which, expected, ruling, current_site().clock())
    except UnacceptableText:
        return _list_page(which, error=REASON_NEEDED)
    except NoLongerPossible:
        return _list_page(which, changed=True)
    return redirect(afterwards, 303)


@console.get("/c/<slug>/letters/<uuid:letter_id>")
@needs(Right.WORK)
def letter(letter_id: UUID) -> Response:
    return letter_page(letter_id)


@console.post("/c/<slug>/letters/<uuid:letter_id>/decide")
@needs(Right.WORK)
def decide_about_one(letter_id: UUID) -> WerkzeugResponse:
    afterwards = url_for("console.letter", letter_id=letter_id, said="decided")
    try:
        with acting(afterwards) as session:
            of_campaign(session, letter_id)
            deciding.decide_one(session, letter_id, _ruling(), current_site().clock())
    except UnacceptableText:
        return letter_page(letter_id, error=REASON_NEEDED)
    except NoLongerPossible:
        return letter_page(letter_id, problem=CHANGED)
    return redirect(afterwards, 303)


@console.post("/c/<slug>/letters/<uuid:letter_id>/message")
@needs(Right.NAMES, fresh=True)
def message(letter_id: UUID) -> Response:
    """The bytes that were handed over last, for a mail program to open."""
    site = current_site()
    with site.database.writing() as session:
        row = of_campaign(session, letter_id)
        if row.message is None:
            raise NotFound(str(letter_id))
        wire = open_message(site.keyring, row.id, row.message)
        _note(session, Action.LETTER_FETCHED, letter_id)
    return file_of(wire, "message/rfc822", f"letter-{letter_id}.eml")


@console.post("/c/<slug>/letters/<uuid:letter_id>/print")
@needs(Right.NAMES, fresh=True)
def print_one(letter_id: UUID) -> Response:
    """One letter on paper, and a line in the log."""
    site = current_site()
    with site.database.writing() as session:
        row = of_campaign(session, letter_id)
        try:
            made = site.press.letter(site.typesetter.printed(session, row))
        except (NotFound, Unprintable) as error:
            return letter_page(letter_id, problem=f"It cannot be printed: {error}.")
        deciding.note_printed(session, me().name, row.government, 1, site.clock())
    return file_of(made, "application/pdf", f"letter-{letter_id}.pdf")


def _note(session: Session, action: Action, letter_id: UUID) -> None:
    """Note that somebody took out what has a name in it."""
    log.append(session, Entry(me().name, action, f"letter {letter_id}"), current_site().clock())


def _list_page(which: Which, error: str = "", *, changed: bool = False) -> Response:
    before = request.args.get("before", type=UUID)
    narrowed = which != Which(which.campaign_id)
    with current_site().database.reading() as session:
        sums = current_site().sums.letters(session, which.campaign_id)
        counted, answered = sums.by_state, sums.answered
        found = letter_lists.count(session, which) if narrowed else 0
        rows = letter_lists.newest(session, which, A_PAGE + 1, before) if narrowed else []
        printable = _number_to_print(session, which)
        messages = inbound.count_of_campaign(session, which.campaign_id)
        replies = {row.id: store.last_reply(session, row.id) for row in rows}
        signed = signatures.with_ids(session, (row.id for row in rows))
        persons = persons_of(signed) if me().may(Right.NAMES) else None
    governments = sorted({government for government, _ in counted}, key=_name)
    return console_page(
        "letters.html",
        status=UNPROCESSABLE if error else CONFLICT if changed else 200,
        problem=CHANGED if changed else "",
        # Columns of zeros say nothing.
        states=[state for state in SHOWN if _sum(counted, state)],
        governments=governments,
        name=_name,
        counted=counted,
        totals={state: _sum(counted, state) for state in SHOWN},
        answered=answered,
        messages=messages,
        minute_old=current_site().sums.seconds > 0,
        which=which,
        found=found,
        rows=rows[:A_PAGE],
        replies=replies,
        persons=persons,
        following=rows[A_PAGE - 1].id if len(rows) > A_PAGE else None,
        verdicts=_bulk(which),
        most=deciding.MOST,
        formats=exports.names(),
        printable=printable,
        error=error,
        typed=request.form,
    )


def letter_page(letter_id: UUID, error: str = "", problem: str = "") -> Response:
    site = current_site()
    may_see_names = me().may(Right.NAMES)
    with site.database.reading() as session:
        row = of_campaign(session, letter_id)
        attempts = store.attempts_of(session, letter_id)
        answers = [
            (one, _opened_answer(one.id, one.shown) if may_see_names else None)
            for one in inbound.answers_to(session, letter_id)
        ]
        daily = digests.last_of(session, letter_id)
        to_daily = inbound.of_digest(session, daily) if daily else []
    return console_page(
        "letter.html",
        status=UNPROCESSABLE if error else CONFLICT if problem else 200,
        problem=problem,
        row=row,
        name=_name(row.government),
        text=_opened_text(row) if may_see_names else None,
        attempts=attempts,
        answers=answers,
        daily=daily,
        to_daily=to_daily,
        verdicts=deciding.verdicts_for(row),
        error=error,
        typed=request.form,
    )


def _opened_text(row: LetterRow) -> str:
    """Return the letter as it was signed; a broken seal must not hide the rest."""
    if row.sealed is None:
        return ""
    try:
        text, _ = open_letter(current_site().keyring, row.id, row.sealed)
    except SealError as error:
        return f"({error})"
    return f"{text.subject}\n\n{text.whole}"


def _opened_answer(inbound_id: UUID, shown: bytes | None) -> Answer | None:
    if shown is None:
        return None
    try:
        return open_answer(current_site().keyring, inbound_id, shown)
    except SealError:
        return None


def of_campaign(session: Session, letter_id: UUID) -> LetterRow:
    """Return a letter of the campaign in the address, or raise NotFound."""
    row = store.find(session, letter_id)
    if row is None or row.state is LetterState.DRAFT:
        raise NotFound(str(letter_id))
    chosen_campaign().must_have(row.campaign_id)
    return row


def which_letters(values: MultiDict[str, str]) -> Which:
    """Read which of the campaign's letters are meant; what names none is left out."""
    known = current_site().reference.ministries
    state, code = values.get("state", ""), iso_code(values.get("government", ""))
    return Which(
        chosen_campaign().campaign_id,
        LetterState(state) if state in {one.value for one in SHOWN} else None,
        code if code in known else "",
        answered=values.get("answered") == "y",
        doubtful=values.get("doubtful") == "y",
    )


def _number_to_print(session: Session, which: Which) -> int:
    """Return how many letters an owner could print: of one state, to one ministry."""
    if not (me().may(Right.NAMES) and which.government and which.state in paper.PRINTABLE):
        return 0
    return paper.number_to_print(session, which.campaign_id, which.government, [which.state])


def _bulk(which: Which) -> list[Verdict]:
    """Return what can be decided about all letters of a kind at once."""
    if which.state is LetterState.UNCERTAIN:
        return [Verdict.RELEASE, Verdict.DROP]
    return [Verdict.RETRY] if which.state in FAILED else []


def _ruling() -> Ruling:
    try:
        verdict = Verdict(request.form.get("verdict", ""))
    except ValueError:
        raise NotFound("verdict") from None
    return Ruling(verdict, me().name, request.form.get("reason", ""))


def _sum(
    counted: Mapping[tuple[str, LetterState], int], state: LetterState | None, government: str = ""
) -> int:
    return sum(
        number
        for (code, one), number in counted.items()
        if state in {None, one} and government in {"", code}
    )


def file_of(content: bytes, media_type: str, name: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _name(government: str) -> str:
    return territory(government, "en")
