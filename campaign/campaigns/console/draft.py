"""Write a draft: the letter, its demands and its recipients."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from flask import Response, g, jsonify, url_for

from campaign.campaigns import drafts
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.drafts import load_draft, load_version
from campaign.campaigns.forms.draft import DraftForm, filled_form
from campaign.campaigns.forms.letter import letter_form_of
from campaign.campaigns.forms.recipients import RecipientsForm, draft_offices, recipients_form_of
from campaign.campaigns.forms.steps import DemandsForm, demands_form_of
from campaign.console.access import console, requires
from campaign.console.forms import submit_form
from campaign.console.pages import console_page, is_from_script
from campaign.console.selected_campaign import selected_campaign, selected_time_zone
from campaign.console.session import current_user
from campaign.errors import DraftConflict, InvalidFields
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container
from campaign.web.security import CSP_WITH_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.draft import Draft, Edit

STEPS = (
    ("edit_letter", "Letter"),
    ("edit_demands", "Demands"),
    ("edit_recipients", "Recipients"),
    ("edit_languages", "Languages"),
    ("publication", "Check and publish"),
)
"""The steps of the way from nothing to a published campaign: each one's view and name."""


def load_shown_draft(number: int | None = None) -> Draft:
    """Return the draft, or the version that a form was filled from."""
    campaign_id = selected_campaign().campaign_id
    with container.database.reading() as session:
        if number is None:
            return load_draft(session, campaign_id)
        return load_version(session, campaign_id, number)


def save_step(
    kind_of: Callable[[Draft], type[DraftForm]],
    note: str,
    afterwards: Callable[[DraftForm], str],
    page: Callable[[Draft, DraftForm], Response],
) -> WerkzeugResponse:
    """Save what was typed in a form that a version of the draft was shown in.

    After a conflict, show the draft as it is now, with everything that was changed in the form. A
    script that saves while she writes gets JSON.
    """
    use_zone_of_draft()
    asked = DraftForm()
    before = load_shown_draft(asked.base.number)
    form = kind_of(_with_files_of(before, asked.brings_back.number))()
    if is_from_script():
        return _save_while_typing(kind_of, form, note)
    shown_instead: list[DraftForm] = []

    def change(session: Session) -> None:
        try:
            _save(session, form, form.edits, note)
        except DraftConflict as error:
            current = load_draft(session, selected_campaign().campaign_id)
            if error.removed:
                current = _with_files_of(current, before.number)
            fresh = filled_step(kind_of(current), current)
            fresh.brings_back.data = str(before.number) if error.removed else ""
            form.carry_into(fresh, before, error)
            shown_instead.append(fresh)
            raise

    return submit_form(
        form,
        change,
        afterwards=afterwards(form),
        page=lambda: page(load_shown_draft(), shown_instead[0] if shown_instead else form),
        again=True,
    )


def _with_files_of(draft: Draft, number: int) -> Draft:
    """Return a draft with the files of another version that it lacks; the draft, if it is none."""
    if number:
        draft = replace(draft, texts={**load_shown_draft(number).texts, **draft.texts})
    return draft if draft.texts else load_shown_draft()


def _save(session: Session, form: DraftForm, edits: Sequence[Edit], note: str) -> int:
    campaign_id, by, now = selected_campaign().campaign_id, current_user().name, container.clock()
    number = drafts.save(session, campaign_id, form.base.number, edits, by, now, note=note)
    drafts.keep_name(session, campaign_id)
    return number


def _save_while_typing(
    kind_of: Callable[[Draft], type[DraftForm]], form: DraftForm, note: str
) -> Response:
    """Save what stands in the fields, and say which version has it, or why none does.

    What others changed since the form was filled is sent with it. The next save begins from the
    version that has both if the fields show that, too, and else from what she typed (`own`): it
    would undo what the fields do not have.
    """
    if not form.validate():
        return _not_saved(form)
    try:
        with container.database.writing() as session:
            number = _save(session, form, form.typed_edits, note)
    except DraftConflict as error:
        form.set_conflict(error)
        return _not_saved(form)
    except InvalidFields as error:
        form.refuse(error)
        return _not_saved(form)
    draft = load_shown_draft(number)
    fresh = filled_step(kind_of(draft), draft)
    if form.places.keys() - fresh.places.keys():
        said = "Saved, but somebody else removed a part of this page. Save it to see."
        return jsonify(own=_keep_aside(form, note), said=said)
    saved_at = container.clock().astimezone(selected_time_zone())
    said, others = f"Saved at {saved_at:%H:%M}.", form.differences_from(fresh)
    own = _keep_aside(form, note) if others else number
    return jsonify(version=number, own=own, said=said, others=others)


def _keep_aside(form: DraftForm, note: str) -> int:
    campaign_id, by, now = selected_campaign().campaign_id, current_user().name, container.clock()
    base, edits = form.base.number, form.typed_edits
    with container.database.writing() as session:
        return drafts.keep_aside(session, campaign_id, base, edits, by, now, note=note)


def _not_saved(form: DraftForm) -> Response:
    reasons = ["Somebody else changed or removed the same words. Press the save button to see."]
    if not form.conflict:
        reasons = [text for _, text in form.error_list()]
    response = jsonify(said=f"Not saved. {reasons[0]}")
    response.status_code = form.status
    return response


def filled_step(kind: type[DraftForm], draft: Draft) -> DraftForm:
    """Return the form of a step with the values that a draft has."""
    offices: dict[str, Any] = {}
    if issubclass(kind, RecipientsForm):
        names = ("office1", "office2", "office3")
        offices = dict(zip(names, draft_offices(draft), strict=False))
    return filled_form(kind, draft, **offices)


def use_zone_of_draft() -> None:
    """Read and show times in the zone that the draft names, also before it is published."""
    named = load_shown_draft().document(FACTS_FILE).get(("time_zone",))
    if named in available_timezones():
        g.time_zone = ZoneInfo(str(named))


def step_page(template: str, step: str, **values: Any) -> Response:
    """Show a step of the draft, with the way to the others."""
    form = values.get("form")
    use_zone_of_draft()
    response = console_page(
        template,
        status=form.status if form else 200,
        steps=[(url_for(f"console.{view}"), name, view == step) for view, name in STEPS],
        **values,
    )
    response.headers["Content-Security-Policy"] = CSP_WITH_REQUESTS
    return response


@console.get("/c/<slug>/draft/letter")
@requires(Permission.EDIT)
def edit_letter() -> Response:
    draft = load_shown_draft()
    return _letter_page(draft, filled_step(letter_form_of(draft), draft))


@console.post("/c/<slug>/draft/letter")
@requires(Permission.EDIT)
def save_letter() -> WerkzeugResponse:
    return save_step(
        letter_form_of,
        "Letter edited",
        lambda _: url_for("console.edit_demands", said="draft-saved"),
        _letter_page,
    )


def _letter_page(draft: Draft, form: DraftForm) -> Response:
    return step_page(
        "campaigns/console/letter.html",
        "edit_letter",
        form=form,
        draft=draft,
        written_in=draft.default_language,
    )


@console.get("/c/<slug>/draft/demands")
@requires(Permission.EDIT)
def edit_demands() -> Response:
    draft = load_shown_draft()
    return _demands_page(draft, filled_step(demands_form_of(draft), draft))


@console.post("/c/<slug>/draft/demands")
@requires(Permission.EDIT)
def save_demands() -> WerkzeugResponse:
    """Save the texts, and do what the button says: move a demand, remove it, or go on."""
    return save_step(demands_form_of, "Demands edited", _after_demands, _demands_page)


def _after_demands(form: DraftForm) -> str:
    assert isinstance(form, DemandsForm)
    if form.act.data == "next":
        return url_for("console.edit_recipients", said="draft-saved")
    verb, _, key = form.act.data.partition(":")
    anchor = {"save": "another", "up": f"demand-{key}", "down": f"demand-{key}"}.get(verb)
    return url_for("console.edit_demands", said="draft-saved", _anchor=anchor)


def _demands_page(draft: Draft, form: DraftForm) -> Response:
    return step_page(
        "campaigns/console/demands.html",
        "edit_demands",
        form=form,
        draft=draft,
        written_in=draft.default_language,
    )


@console.get("/c/<slug>/draft/recipients")
@requires(Permission.EDIT)
def edit_recipients() -> Response:
    draft = load_shown_draft()
    return _recipients_page(draft, filled_step(recipients_form_of(draft), draft))


@console.post("/c/<slug>/draft/recipients")
@requires(Permission.EDIT)
def save_recipients() -> WerkzeugResponse:
    return save_step(
        recipients_form_of,
        "Recipients edited",
        lambda _: url_for("console.edit_languages", said="draft-saved"),
        _recipients_page,
    )


def _recipients_page(draft: Draft, form: DraftForm) -> Response:
    facts = draft.document(FACTS_FILE)
    return step_page(
        "campaigns/console/recipients.html",
        "edit_recipients",
        form=form,
        named=list(facts.get(("recipients", "governments")) or ()),
        also=facts.get(("governments", "also")) or [],
        without=facts.get(("governments", "without")) or [],
        more=draft_offices(draft)[3:],
    )
