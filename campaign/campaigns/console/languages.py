"""The languages of a draft: add, remove, and translate beside the main one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, url_for

from campaign.campaigns import drafts
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.console.draft import load_shown_draft, save_step, step_page
from campaign.campaigns.console.labels import text_label
from campaign.campaigns.draft import Edit
from campaign.campaigns.draft_texts import last_changes, outdated_texts, text_paths
from campaign.campaigns.forms.draft import DraftForm, filled_form
from campaign.campaigns.forms.steps import AddLanguageForm
from campaign.campaigns.forms.texts import ReviewForm, texts_form_of
from campaign.campaigns.forms.values import shown
from campaign.console.access import console, requires
from campaign.console.forms import form_on_page, submit_form
from campaign.console.pages import refused_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.errors import NoLongerPossible, NotFound
from campaign.language.formats import language_name
from campaign.language.review import ReviewStatus
from campaign.organisers.rules.roles import Permission, Role
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.bundle_document import Path
    from campaign.campaigns.draft import Draft
    from campaign.campaigns.draft_texts import LastChanges


@console.get("/c/<slug>/draft/languages")
@requires(Permission.TRANSLATE)
def edit_languages() -> Response:
    return _languages_page(load_shown_draft())


@console.post("/c/<slug>/draft/languages/add")
@requires(Permission.EDIT)
def add_language() -> WerkzeugResponse:
    draft, form = load_shown_draft(), AddLanguageForm()
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
    draft, form = load_shown_draft(), DraftForm()
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


@console.post("/c/<slug>/draft/languages/<language>/reviewed")
@requires(Permission.EDIT)
def language_reviewed(language: str) -> WerkzeugResponse:
    """Note that somebody who speaks a language has read its words, all of them, as they are."""
    draft, form = load_shown_draft(), ReviewForm()
    if language not in draft.languages:
        raise NotFound(language)
    chosen, by, now = selected_campaign(), current_user().name, container.clock()
    told = {**_review(draft), language: ReviewStatus.REVIEWED.value}
    edits = [Edit(FACTS_FILE, ("review", one), state) for one, state in told.items()]
    note = f"{language_name(language, 'en')} read by a native speaker"
    file = f"{language}.toml"

    def change(session: Session) -> None:
        shown = drafts.load_version(session, chosen.campaign_id, form.base.number)
        current = drafts.load_draft(session, chosen.campaign_id)
        if _missing(current, language) or shown.texts.get(file) != current.texts.get(file):
            raise NoLongerPossible("texts")
        drafts.save(session, chosen.campaign_id, form.base.number, edits, by, now, note=note)

    return submit_form(
        form,
        change,
        afterwards=url_for("console.edit_languages", said="draft-saved"),
        page=lambda: _languages_page(draft, form),
    )


def _languages_page(draft: Draft, submitted: DraftForm | None = None) -> Response:
    last = _last_changes(draft)
    add_form = form_on_page(submitted, AddLanguageForm, base=str(draft.number))
    add_form.offer(draft)
    return step_page(
        "campaigns/console/languages.html",
        "edit_languages",
        form=submitted,
        add_form=add_form,
        draft=draft,
        missing={one: len(_missing(draft, one)) for one in draft.languages},
        outdated={one: len(outdated_texts(draft, one, last)) for one in draft.languages},
        unread={one for one, state in _review(draft).items() if state == ReviewStatus.AWAITING},
        mine={one for one in draft.languages if _may_write(one)},
    )


def _review(draft: Draft) -> dict[str, str]:
    """Return who has read each language; as of a bundle, only the main one is as it was written."""
    told = draft.document(FACTS_FILE).get(("review",)) or {}
    main, source = draft.default_language, ReviewStatus.SOURCE.value
    usual = {one: source if one == main else ReviewStatus.AWAITING.value for one in draft.languages}
    return usual | dict(told)


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
    return {path: text_label(path, draft.demand_keys) for path in dict.fromkeys(paths)}


def _missing(draft: Draft, language: str) -> list[Path]:
    own = {path for path, value in text_paths(draft, language) if value}
    main = [path for path, _ in text_paths(draft, draft.default_language)]
    return [path for path in main if path not in own]


def _last_changes(draft: Draft) -> LastChanges:
    with container.database.reading() as session:
        return last_changes(session, draft)


@console.get("/c/<slug>/draft/words/<language>")
@requires(Permission.TRANSLATE)
def edit_words(language: str) -> WerkzeugResponse:
    draft = load_shown_draft()
    if language not in draft.languages:
        raise NotFound(language)
    if not _may_write(language):
        return refused_page()
    return _words_page(draft, language, filled_form(texts_form(draft, language), draft))


@console.post("/c/<slug>/draft/words/<language>")
@requires(Permission.TRANSLATE)
def save_words(language: str) -> WerkzeugResponse:
    if language not in container.languages:
        raise NotFound(language)
    if not _may_write(language):
        return refused_page()
    return save_step(
        lambda draft: texts_form(draft, language),
        f"{language_name(language, 'en')} edited",
        lambda _: url_for("console.edit_languages", said="draft-saved"),
        lambda draft, form: _words_page(draft, language, form),
    )


def texts_form(draft: Draft, language: str) -> type[DraftForm]:
    """Return the form of a language's texts: what it has, and what the main one has."""
    texts = {**dict(text_paths(draft, draft.default_language)), **dict(text_paths(draft, language))}
    lists = [path for path, value in texts.items() if isinstance(value, list)]
    older = outdated_texts(draft, language, _last_changes(draft))
    return texts_form_of(language, _labels(draft, language), lists, older)


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
