"""The sentences that the letters of a draft are put together from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, url_for

from campaign.campaigns.bundle import parse_bundle
from campaign.campaigns.bundle_files import bundle_files
from campaign.campaigns.compose import count_letters
from campaign.campaigns.console.draft import load_shown_draft, save_step, step_page
from campaign.campaigns.draft_texts import in_one_language
from campaign.campaigns.forms.draft import filled_form
from campaign.campaigns.forms.values import shown
from campaign.campaigns.forms.variants import (
    VOICE_NAMES,
    VariantsForm,
    field_name,
    own_sentences,
    variants_form_of,
)
from campaign.console.access import console, requires
from campaign.errors import ContentError
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.draft import Draft
    from campaign.campaigns.forms.draft import DraftForm


@console.get("/c/<slug>/draft/variants")
@requires(Permission.EDIT)
def edit_variants() -> Response:
    draft = load_shown_draft()
    return _variants_page(draft, filled_form(variants_form_of(draft), draft))


@console.post("/c/<slug>/draft/variants")
@requires(Permission.EDIT)
def save_variants() -> WerkzeugResponse:
    """Save the sentences, and do what the button says: begin with the site's, remove one."""
    return save_step(
        variants_form_of,
        "Sentences of letters edited",
        lambda _: url_for("console.edit_variants", said="draft-saved"),
        _variants_page,
    )


def _variants_page(draft: Draft, form: DraftForm) -> Response:
    assert isinstance(form, VariantsForm)
    return step_page(
        "campaigns/console/variants.html",
        "edit_demands",
        form=form,
        draft=draft,
        written_in=draft.default_language,
        letters=_count_letters(draft),
        sites=_site_sentences(draft),
        headings=_headings(draft),
        voice_of=_voice_of(draft),
        field_name=field_name,
    )


def _count_letters(draft: Draft) -> int | None:
    """Return how many different letters a draft makes, if its main language is whole."""
    files = bundle_files(in_one_language(draft, draft.default_language))
    try:
        return count_letters(parse_bundle(files, container.bundle_context))
    except ContentError:
        return None


def _site_sentences(draft: Draft) -> Mapping[str, list[str]]:
    """Return what the site says in the main language, where the draft says nothing itself."""
    file = f"{draft.default_language}.toml"
    found: dict[str, list[str]] = {}
    for edit in own_sentences(draft):
        if edit.file == file and edit.value:
            found.setdefault(field_name(edit.path[:-1]), []).append(str(edit.value))
    return found


def _headings(draft: Draft) -> Mapping[str, str]:
    document = draft.document(f"{draft.default_language}.toml")
    return {
        f"demands.{key}": shown(document.get(("demands", key, "heading"))) or key
        for key in draft.demand_keys
    }


def _voice_of(draft: Draft) -> Mapping[str, str]:
    """Return what letters each variant is for, by its key, if the campaign has several voices."""
    voices = draft.document("campaign.toml").get(("voices",)) or {}
    names = {voice.value: name for voice, name in VOICE_NAMES.items()}
    return {key: names.get(voice, voice) for voice, keys in voices.items() for key in keys}
