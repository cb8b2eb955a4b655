"""Write a draft: the letter, its demands, its recipients, its languages, and their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, request, url_for

from campaign.campaigns import drafts
from campaign.campaigns.bundle_archive import write_archive
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.drafts import Edit, load_draft, load_version
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
    DemandsForm,
    RecipientsForm,
    VersionForm,
    demands_form_of,
    draft_offices,
    recipients_form_of,
)
from campaign.campaigns.queries import bundle_versions
from campaign.console.access import console, requires
from campaign.console.forms import form_on_page, submit_form
from campaign.console.listing import CURSOR, PAGE_SIZE
from campaign.console.pages import console_page, refused_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.errors import DraftConflict, NotFound
from campaign.language.formats import language_name
from campaign.language.review import ReviewStatus
from campaign.letters.console.letter import attachment
from campaign.organisers.rules.roles import Permission, Role
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.bundle_document import Path
    from campaign.campaigns.drafts import Draft

MAX_NUMBER = 999_999_999

STEPS = (
    ("edit_letter", "Letter"),
    ("edit_demands", "Demands"),
    ("edit_recipients", "Recipients"),
    ("edit_languages", "Languages"),
    ("publication", "Check and publish"),
)
"""The steps of the way from nothing to a published campaign: each one's view and name."""


def _load(number: int | None = None) -> Draft:
    """Return the draft, or the version that a form was filled from."""
    campaign_id = selected_campaign().campaign_id
    with container.database.reading() as session:
        if number is None:
            return load_draft(session, campaign_id)
        return load_version(session, campaign_id, number)


def _save_step(
    kind_of: Callable[[Draft], type[DraftForm]],
    note: str,
    afterwards: Callable[[DraftForm], str],
    page: Callable[[Draft, DraftForm], Response],
) -> WerkzeugResponse:
    """Save what was typed in a form that a version of the draft was shown in.

    After a conflict, show the draft as it is now, with everything that was changed in the form.
    """
    chosen, by, now = selected_campaign(), current_user().name, container.clock()
    before = _load(DraftForm().base.number)
    form = kind_of(before if before.texts else _load())()
    shown_instead: list[DraftForm] = []

    def change(session: Session) -> None:
        try:
            base, edits = form.base.number, form.edits
            drafts.save(session, chosen.campaign_id, base, edits, by, now, note=note)
        except DraftConflict as error:
            current = load_draft(session, chosen.campaign_id)
            fresh = _filled(kind_of(current), current)
            form.carry_into(fresh, before, error)
            shown_instead.append(fresh)
            raise
        drafts.keep_name(session, chosen.campaign_id)

    return submit_form(
        form,
        change,
        afterwards=afterwards(form),
        page=lambda: page(_load(), shown_instead[0] if shown_instead else form),
    )


def _filled(kind: type[DraftForm], draft: Draft) -> DraftForm:
    offices: dict[str, Any] = {}
    if issubclass(kind, RecipientsForm):
        names = ("office1", "office2", "office3")
        offices = dict(zip(names, draft_offices(draft), strict=False))
    return filled_form(kind, draft, **offices)


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
    return _letter_page(draft, _filled(letter_form_of(draft), draft))


@console.post("/c/<slug>/draft/letter")
@requires(Permission.EDIT)
def save_letter() -> WerkzeugResponse:
    return _save_step(
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
    draft = _load()
    return _demands_page(draft, _filled(demands_form_of(draft), draft))


@console.post("/c/<slug>/draft/demands")
@requires(Permission.EDIT)
def save_demands() -> WerkzeugResponse:
    """Save the texts, and do what the button says: move a demand, remove it, or go on."""
    return _save_step(demands_form_of, "Demands edited", _after_demands, _demands_page)


def _after_demands(form: DraftForm) -> str:
    goes_on = isinstance(form, DemandsForm) and form.act.data == "next"
    return url_for(f"console.edit_{'recipients' if goes_on else 'demands'}", said="draft-saved")


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
    return _recipients_page(draft, _filled(recipients_form_of(draft), draft))


@console.post("/c/<slug>/draft/recipients")
@requires(Permission.EDIT)
def save_recipients() -> WerkzeugResponse:
    return _save_step(
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
        if draft.document(FACTS_FILE).get(("review",)):
            edits.append(Edit(FACTS_FILE, ("review", language), ReviewStatus.AWAITING.value))
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
        mine={one for one in draft.languages if _may_write(one)},
    )


def _may_write(language: str) -> bool:
    """Return whether who is signed in may write in a language: a translator in her own only."""
    role = current_user().role_in(selected_campaign().campaign_id)
    is_translator = role is not None and role.role is Role.TRANSLATOR
    return not is_translator or (role is not None and language in role.languages)


def _labels(draft: Draft, language: str) -> dict[Path, str]:
    """Return what there is to write in a language: what the main one or this one has."""
    main = dict(text_paths(draft, draft.default_language))
    own = dict(text_paths(draft, language))
    paths = [*main, *own]
    if language != draft.default_language:
        paths.append(("author",))
    return {path: text_label(path) for path in dict.fromkeys(paths)}


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


def text_label(path: Path) -> str:
    """Return what a text is called, by where it stands in a language's file."""
    if path in _LABELS:
        return _LABELS[path]
    if path[0] == "demands" and len(path) == 3:  # noqa: PLR2004 - demands, its key, its part
        return f"Demand {path[1].replace('_', ' ')}: {_PARTS.get(path[2], path[2])}"
    return ": ".join(part.replace("_", " ") for part in path).capitalize()


def _missing(draft: Draft, language: str) -> list[Path]:
    own = {path for path, value in text_paths(draft, language) if value}
    main = [path for path, _ in text_paths(draft, draft.default_language)]
    return [path for path in main if path not in own]


@console.get("/c/<slug>/draft/words/<language>")
@requires(Permission.TRANSLATE)
def edit_words(language: str) -> Response:
    draft = _load()
    if language not in draft.languages:
        raise NotFound(language)
    if not _may_write(language):
        return refused_page()
    return _words_page(draft, language, filled_form(_texts_form(draft, language), draft))


@console.post("/c/<slug>/draft/words/<language>")
@requires(Permission.TRANSLATE)
def save_words(language: str) -> WerkzeugResponse:
    if language not in container.languages:
        raise NotFound(language)
    if not _may_write(language):
        return refused_page()
    return _save_step(
        lambda draft: _texts_form(draft, language),
        f"{language_name(language, 'en')} edited",
        lambda _: url_for("console.edit_languages", said="draft-saved"),
        lambda draft, form: _words_page(draft, language, form),
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
        source={name: shown(source.get(place.path)) for name, place in form.places.items()}
        | {"author": shown(draft.document(FACTS_FILE).get(("source", "author")))},
    )


@console.get("/c/<slug>/draft/history")
@requires(Permission.EDIT)
def draft_history() -> Response:
    chosen = selected_campaign()
    before = min(max(request.args.get(CURSOR, MAX_NUMBER, type=int), 0), MAX_NUMBER)
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


@console.post("/c/<slug>/draft/history/<int(max=999999999):number>/restore")
@requires(Permission.EDIT)
def restore_version(number: int) -> WerkzeugResponse:
    chosen, by, now = selected_campaign(), current_user().name, container.clock()
    return submit_form(
        VersionForm(),
        lambda session: drafts.restore(session, chosen.campaign_id, number, by, now),
        afterwards=url_for("console.draft_history", said="draft-restored"),
        page=draft_history,
    )


@console.post("/c/<slug>/draft/versions/<int(max=999999999):number>/download")
@requires(Permission.EDIT)
def download_bundle(number: int) -> Response:
    """Return a version of the bundle as it was written."""
    chosen = selected_campaign()
    with container.database.reading() as session:
        texts = bundle_versions.files(session, chosen.campaign_id, number)
    archive = write_archive(texts, chosen.slug)
    return attachment(archive, "application/zip", f"{chosen.slug}-{number}.zip")
