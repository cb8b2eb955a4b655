"""Write a draft: the letter, its demands, its recipients, its languages, and their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, request, url_for

from campaign.campaigns import drafts
from campaign.campaigns.bundle_archive import write_archive
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.drafts import Edit, load_draft
from campaign.campaigns.forms.draft import (
    DraftForm,
    filled_form,
    letter_form_of,
    shown,
    text_paths,
    texts_form_of,
)
from campaign.campaigns.forms.steps import (
    AddLanguageForm,
    RecipientsForm,
    VersionForm,
    demands_form_of,
)
from campaign.campaigns.queries import bundle_versions
from campaign.console.access import console, requires
from campaign.console.forms import form_on_page, submit_form
from campaign.console.listing import CURSOR, PAGE_SIZE
from campaign.console.pages import console_page, refused_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.errors import NotFound
from campaign.language.formats import language_name
from campaign.letters.console.letter import attachment
from campaign.organisers.rules.roles import Permission, Role
from campaign.recipients.rules.choice import RecipientChoice
from campaign.recipients.rules.government import EUROPEAN_UNION
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.bundle_document import Path
    from campaign.campaigns.drafts import Draft

STEPS = (
    ("edit_letter", "Letter"),
    ("edit_demands", "Demands"),
    ("edit_recipients", "Recipients"),
    ("edit_languages", "Languages"),
    ("publication", "Check and publish"),
)
"""The steps of the way from nothing to a published campaign: each one's view and name."""


def _load() -> Draft:
    with container.database.reading() as session:
        return load_draft(session, selected_campaign().campaign_id)


def _save(form: DraftForm, note: str) -> Any:
    """Return what saves a form's edits, for `submit_form`."""
    chosen, by, now = selected_campaign(), current_user().name, container.clock()

    def change(session: Session) -> int:
        number = drafts.save(
            session, chosen.campaign_id, form.base.number, form.edits, by, now, note=note
        )
        drafts.keep_name(session, chosen.campaign_id)
        return number

    return change


def step_page(template: str, step: str, **values: Any) -> Response:
    """Show a step of the draft, with the way to the others."""
    form = values.get("form")
    return console_page(
        template,
        status=form.status if form else 200,
        steps=[(url_for(f"console.{view}"), name, view == step) for view, name in STEPS],
        **values,
    )


@console.get("/c/<slug>/draft/letter")
@requires(Permission.EDIT)
def edit_letter() -> Response:
    draft = _load()
    return _letter_page(draft, filled_form(letter_form_of(draft.default_language), draft))


@console.post("/c/<slug>/draft/letter")
@requires(Permission.EDIT)
def save_letter() -> WerkzeugResponse:
    draft = _load()
    form = letter_form_of(draft.default_language)()
    return submit_form(
        form,
        _save(form, "Letter edited"),
        afterwards=url_for("console.edit_demands", said="draft-saved"),
        page=lambda: _letter_page(draft, form),
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
    draft = _load()
    return _demands_page(draft, filled_form(demands_form_of(draft), draft))


@console.post("/c/<slug>/draft/demands")
@requires(Permission.EDIT)
def save_demands() -> WerkzeugResponse:
    """Save the texts, and do what the button says: move a demand, remove it, or go on."""
    draft = _load()
    form = demands_form_of(draft)()
    there = url_for("console.edit_demands", said="draft-saved")
    goes_on = form.act.data == "next"
    return submit_form(
        form,
        _save(form, "Demands edited"),
        afterwards=url_for("console.edit_recipients", said="draft-saved") if goes_on else there,
        page=lambda: _demands_page(draft, form),
    )


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
    draft = _load()
    facts, usual = draft.document(FACTS_FILE), RecipientChoice()
    offices = list(facts.get(("recipients", "offices")) or usual.offices)
    chosen = dict(zip(("office1", "office2", "office3"), offices, strict=False))
    asked = {
        "union": facts.get(("governments", "union")) or EUROPEAN_UNION,
        "to": facts.get(("recipients", "to")) or usual.to.value,
    }
    return _recipients_page(draft, filled_form(RecipientsForm, draft, **chosen, **asked))


@console.post("/c/<slug>/draft/recipients")
@requires(Permission.EDIT)
def save_recipients() -> WerkzeugResponse:
    draft, form = _load(), RecipientsForm()
    return submit_form(
        form,
        _save(form, "Recipients edited"),
        afterwards=url_for("console.edit_languages", said="draft-saved"),
        page=lambda: _recipients_page(draft, form),
    )


def _recipients_page(draft: Draft, form: DraftForm) -> Response:
    facts = draft.document(FACTS_FILE)
    return step_page(
        "campaigns/console/recipients.html",
        "edit_recipients",
        form=form,
        named=facts.get(("recipients", "governments")),
        governments=facts.get(("governments",)),
    )


@console.get("/c/<slug>/draft/languages")
@requires(Permission.TRANSLATE)
def edit_languages() -> Response:
    return _languages_page(_load())


@console.post("/c/<slug>/draft/languages/add")
@requires(Permission.EDIT)
def add_language() -> WerkzeugResponse:
    draft, form = _load(), AddLanguageForm()
    form.offer(draft)
    language = form.language.data or "none"
    chosen, by, now = selected_campaign(), current_user().name, container.clock()

    def change(session: Session) -> None:
        name = draft.document(f"{draft.default_language}.toml").get(("name",)) or chosen.slug
        edits = [
            Edit(FACTS_FILE, ("default_language",), draft.default_language),
            Edit(f"{language}.toml", ("name",), name),
        ]
        note = f"{language_name(language, 'en')} added"
        drafts.save(session, chosen.campaign_id, form.base.number, edits, by, now, note=note)

    return submit_form(
        form,
        change,
        afterwards=url_for("console.edit_words", language=language),
        page=lambda: _languages_page(draft, form),
    )


@console.post("/c/<slug>/draft/languages/<language>/remove")
@requires(Permission.EDIT)
def remove_language(language: str) -> WerkzeugResponse:
    draft, form = _load(), DraftForm()
    if language not in draft.languages[1:]:
        raise NotFound(language)
    chosen, by, now = selected_campaign(), current_user().name, container.clock()
    edits = [Edit(f"{language}.toml", (), None), Edit(FACTS_FILE, ("review", language), None)]
    note = f"{language_name(language, 'en')} removed"
    return submit_form(
        form,
        lambda session: drafts.save(
            session, chosen.campaign_id, form.base.number, edits, by, now, note=note
        ),
        afterwards=url_for("console.edit_languages", said="draft-saved"),
        page=lambda: _languages_page(draft, form),
    )


def _languages_page(draft: Draft, submitted: DraftForm | None = None) -> Response:
    add_form = form_on_page(submitted, AddLanguageForm, base=str(draft.number))
    add_form.offer(draft)
    return step_page(
        "campaigns/console/languages.html",
        "edit_languages",
        form=submitted,
        add_form=add_form,
        draft=draft,
        missing={one: len(_missing(draft, one)) for one in draft.languages},
        mine=_writable(draft),
    )


def _writable(draft: Draft) -> set[str]:
    """Return the languages that who is signed in may write in: a translator in her own only."""
    role = current_user().role_in(selected_campaign().campaign_id)
    if role is None or role.role is not Role.TRANSLATOR:
        return set(draft.languages)
    return set(role.languages) & set(draft.languages)


def _labels(draft: Draft, language: str) -> dict[Path, str]:
    """Return what there is to write in a language: what the main one or this one has."""
    main = dict(text_paths(draft, draft.default_language))
    own = dict(text_paths(draft, language))
    return {path: _label(path) for path in {**main, **own} if path[0] != "governments"}


_LABELS = {
    ("name",): "Name of the campaign",
    ("title",): "Title",
    ("summary",): "Summary",
    ("retelling",): "Text on the page",
    ("author",): "The author’s name in this language",
    ("source_title",): "Title of the original in this language",
    ("thanks",): "Heading after confirming",
    ("share",): "Text to share",
}
_PARTS = {"heading": "heading", "text": "sentence"}


def _label(path: Path) -> str:
    if path in _LABELS:
        return _LABELS[path]
    if path[0] == "demands" and len(path) == 3:  # noqa: PLR2004 - demands, its key, its part
        return f"Demand {path[1].replace('_', ' ')}: {_PARTS.get(path[2], path[2])}"
    return ": ".join(part.replace("_", " ") for part in path).capitalize()


def _missing(draft: Draft, language: str) -> list[Path]:
    own = {path for path, value in text_paths(draft, language) if value}
    main = [path for path, _ in text_paths(draft, draft.default_language)]
    return [path for path in main if path not in own and path[0] != "governments"]


@console.get("/c/<slug>/draft/words/<language>")
@requires(Permission.TRANSLATE)
def edit_words(language: str) -> Response:
    draft = _load()
    if language not in draft.languages:
        raise NotFound(language)
    if language not in _writable(draft):
        return refused_page()
    return _words_page(draft, language, filled_form(_texts_form(draft, language), draft))


@console.post("/c/<slug>/draft/words/<language>")
@requires(Permission.TRANSLATE)
def save_words(language: str) -> WerkzeugResponse:
    draft = _load()
    if language not in draft.languages:
        raise NotFound(language)
    if language not in _writable(draft):
        return refused_page()
    form = _texts_form(draft, language)()
    return submit_form(
        form,
        _save(form, f"{language_name(language, 'en')} edited"),
        afterwards=url_for("console.edit_languages", said="draft-saved"),
        page=lambda: _words_page(draft, language, form),
    )


def _texts_form(draft: Draft, language: str) -> type[DraftForm]:
    texts = {**dict(text_paths(draft, draft.default_language)), **dict(text_paths(draft, language))}
    lists = [path for path, value in texts.items() if isinstance(value, list)]
    return texts_form_of(language, _labels(draft, language), lists)


def _words_page(draft: Draft, language: str, form: DraftForm) -> Response:
    source: Mapping[Path, object] = dict(text_paths(draft, draft.default_language))
    return step_page(
        "campaigns/console/words.html",
        "edit_languages",
        form=form,
        draft=draft,
        written_in=language,
        source={name: shown(source.get(place.path)) for name, place in form.places.items()},
    )


@console.get("/c/<slug>/draft/history")
@requires(Permission.EDIT)
def draft_history() -> Response:
    chosen, before = selected_campaign(), request.args.get(CURSOR, type=int)
    with container.database.reading() as session:
        rows = bundle_versions.history(session, chosen.campaign_id, PAGE_SIZE + 1, before)
        draft = load_draft(session, chosen.campaign_id)
    more = len(rows) > PAGE_SIZE
    return console_page(
        "campaigns/console/history.html",
        rows=rows[:PAGE_SIZE],
        draft=draft,
        next_url=url_for("console.draft_history", before=rows[PAGE_SIZE - 1].number)
        if more
        else "",
    )


@console.post("/c/<slug>/draft/history/<int:number>/restore")
@requires(Permission.EDIT)
def restore_version(number: int) -> WerkzeugResponse:
    chosen, by, now = selected_campaign(), current_user().name, container.clock()
    return submit_form(
        VersionForm(),
        lambda session: drafts.restore(session, chosen.campaign_id, number, by, now),
        afterwards=url_for("console.draft_history", said="draft-restored"),
        page=draft_history,
    )


@console.post("/c/<slug>/draft/versions/<int:number>/download")
@requires(Permission.EDIT)
def download_bundle(number: int) -> Response:
    """Return a version of the bundle as it was written."""
    chosen = selected_campaign()
    with container.database.reading() as session:
        texts = bundle_versions.files(session, chosen.campaign_id, number)
    archive = write_archive(texts, chosen.slug)
    return attachment(archive, "application/zip", f"{chosen.slug}-{number}.zip")
