"""All campaigns that somebody works on, and how another one begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import redirect, url_for

from campaign.campaigns import drafts
from campaign.campaigns.bundle import Bundle, read_bundle
from campaign.campaigns.bundle_archive import read_archive
from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.draft import Edit, applied
from campaign.campaigns.drafts import load_draft
from campaign.campaigns.forms.creation import BlankForm, CopyForm, UploadForm
from campaign.campaigns.queries import bundle_versions, campaigns as queries, schedule
from campaign.campaigns.rules.campaign import AuthorKind
from campaign.campaigns.rules.state import CampaignState, campaign_state
from campaign.console.access import console, requires
from campaign.console.forms import form_on_page, submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import my_campaigns
from campaign.console.session import current_user
from campaign.errors import ContentError, InvalidText
from campaign.language.catalogue import sort_languages
from campaign.organisers.queries import campaign_roles
from campaign.organisers.rules.roles import Permission
from campaign.signatures.queries import counts
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.rows import CampaignRow
    from campaign.console.forms import ConsoleForm
    from campaign.console.selected_campaign import SelectedCampaign
    from campaign.organisers.rows import OrganiserRow
    from campaign.organisers.rules.roles import CampaignRole


@dataclass(frozen=True)
class ListedCampaign:
    """A campaign as the list shows it; `languages`: each with who has read its words."""

    campaign: SelectedCampaign
    state: CampaignState
    until: date | None
    languages: Mapping[str, str]
    confirmed: int
    people: Sequence[str]
    has_unpublished: bool


@console.get("/campaigns")
@requires(Permission.VIEW_COUNTS)
def campaigns() -> Response:
    with container.database.reading() as session:
        about = _About.all(session)
    listed = [_listed(one, about) for one in my_campaigns() if one.campaign_id in about.rows]
    return console_page("campaigns/console/list.html", listed=listed, states=CampaignState)


@dataclass(frozen=True)
class _About:
    """What the list says of campaigns, of all at once, by their ids."""

    rows: Mapping[int, CampaignRow]
    scheduled: set[int]
    languages: Mapping[int, Sequence[str]]
    people: Mapping[int, Sequence[tuple[OrganiserRow, CampaignRole]]]
    confirmed: Mapping[int, int]

    @classmethod
    def all(cls, session: Session) -> _About:
        return cls(
            {row.id: row for row in queries.all_rows(session)},
            schedule.campaigns_scheduled(session),
            bundle_versions.languages_of_drafts(session),
            campaign_roles.people_by_campaign(session),
            counts.totals(session),
        )


def _listed(one: SelectedCampaign, about: _About) -> ListedCampaign:
    facts = one.published.campaign.facts if one.published else None
    today, number = container.clock().date(), one.campaign_id
    if facts:
        published = sort_languages(one.loaded.campaign.revision.languages)
        languages = {tag: facts.review.get(tag, "") for tag in published}
    else:
        languages = dict.fromkeys(sort_languages(about.languages.get(number, ())), "")
    row = about.rows[number]
    return ListedCampaign(
        campaign=one,
        state=campaign_state(facts, today, scheduled=number in about.scheduled),
        until=facts.ends_on if facts else None,
        languages=languages,
        confirmed=about.confirmed.get(number, 0) if facts else 0,
        people=[f"{person.name} ({role.label})" for person, role in about.people.get(number, ())],
        has_unpublished=bool(facts) and row.draft_version != row.published_version,
    )


@console.get("/campaigns/new")
@requires(Permission.MANAGE_SITE)
def new_campaign() -> Response:
    return _new_page()


@console.post("/campaigns/new/blank")
@requires(Permission.MANAGE_SITE)
def create_campaign() -> WerkzeugResponse:
    """Begin a campaign with a name, an author and a language."""
    form = BlankForm()

    def change(session: Session) -> str:
        name, slug, language = form.cleaned_name, form.address, form.language.data
        author = form.cleaned_author
        is_ours = author.casefold() == container.settings.operator.name.casefold()
        edits = [
            Edit(FACTS_FILE, ("slug",), slug),
            Edit(FACTS_FILE, ("default_language",), language),
            Edit(FACTS_FILE, ("source", "author"), author),
            Edit(FACTS_FILE, ("by",), AuthorKind.OPERATOR.value if is_ours else ""),
            Edit(f"{language}.toml", ("name",), name),
        ]
        return _create(session, slug, name, applied({}, edits))

    return _submit(form, change)


@console.post("/campaigns/new/copy")
@requires(Permission.MANAGE_SITE)
def copy_campaign() -> WerkzeugResponse:
    """Begin a campaign with the draft of another one."""
    form = CopyForm(id_prefix="copy-")

    def change(session: Session) -> str:
        name, slug = form.cleaned_name, form.address
        (source,) = [one for one in my_campaigns() if one.slug == form.source.data]
        draft = load_draft(session, source.campaign_id)
        edits = [
            Edit(FACTS_FILE, ("slug",), slug),
            Edit(FACTS_FILE, ("default_language",), draft.default_language),
            Edit(f"{draft.default_language}.toml", ("name",), name),
        ]
        return _create(session, slug, name, applied(draft.texts, edits))

    return _submit(form, change)


@console.post("/campaigns/new/upload")
@requires(Permission.MANAGE_SITE)
def upload_campaign() -> WerkzeugResponse:
    """Begin a campaign with a bundle that is in order."""
    form = UploadForm(id_prefix="upload-")
    bundle = _uploaded_bundle(form)

    def change(session: Session) -> str:
        if bundle is None:
            raise InvalidText("bad-bundle")
        facts = bundle.campaign.facts
        slug, texts = form.slug.stripped or facts.slug, bundle.texts
        form.must_be_address(slug)
        if slug != facts.slug:
            texts = applied(texts, [Edit(FACTS_FILE, ("slug",), slug)])
        name = bundle.campaign.words_in(facts.default_language).name
        return _create(session, slug, name, texts)

    return _submit(form, change)


def _uploaded_bundle(form: UploadForm) -> Bundle | None:
    """Return what was uploaded; None, after telling the form why, if it is no complete bundle."""
    try:
        return read_bundle(read_archive(form.content), container.bundle_context)
    except ContentError as error:
        form.faults = error.faults
        return None


def _create(session: Session, slug: str, name: str, texts: Mapping[str, str]) -> str:
    by, now = current_user().name, container.clock()
    drafts.create_campaign(session, slug, name, texts, by, now)
    return slug


def _submit(form: ConsoleForm, change: Callable[[Session], str]) -> WerkzeugResponse:
    return submit_form(
        form,
        change,
        afterwards=url_for("console.campaigns"),
        page=lambda: _new_page(form),
        done=lambda slug: redirect(
            url_for("console.edit_letter", slug=slug, said="campaign-created"), 303
        ),
    )


def _new_page(submitted: ConsoleForm | None = None) -> Response:
    return console_page(
        "campaigns/console/new.html",
        status=submitted.status if submitted else 200,
        submitted=submitted,
        blank_form=form_on_page(submitted, BlankForm),
        copy_form=form_on_page(submitted, CopyForm, id_prefix="copy-"),
        upload_form=form_on_page(submitted, UploadForm, id_prefix="upload-"),
    )
