"""The versions of a draft: who changed what, any of them back, and as an archive."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Response, request, url_for

from campaign.campaigns import drafts
from campaign.campaigns.bundle_archive import write_archive
from campaign.campaigns.console.draft import use_zone_of_draft
from campaign.campaigns.drafts import load_draft
from campaign.campaigns.forms.steps import VersionForm
from campaign.campaigns.queries import bundle_versions, campaigns as queries
from campaign.console.access import console, requires
from campaign.console.forms import submit_form
from campaign.console.listing import CURSOR, PAGE_SIZE
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.letters.console.letter import attachment
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.rows import BundleVersionRow

MAX_NUMBER = 999_999_999
"""A version's number in a URL; no campaign comes so far."""


LONGEST_PAUSE = timedelta(minutes=15)
"""Between two saves of one person that the history shows as one: scripts save every few seconds."""


@console.get("/c/<slug>/draft/history")
@requires(Permission.EDIT)
def draft_history() -> Response:
    chosen = selected_campaign()
    use_zone_of_draft()
    before = min(max(request.args.get(CURSOR, MAX_NUMBER, type=int), 0), MAX_NUMBER)
    with container.database.reading() as session:
        rows = bundle_versions.history(session, chosen.campaign_id, PAGE_SIZE + 1, before)
        draft = load_draft(session, chosen.campaign_id)
        published = queries.get(session, chosen.campaign_id).published_version
    more = len(rows) > PAGE_SIZE
    return console_page(
        "campaigns/console/history.html",
        runs=_runs(rows[:PAGE_SIZE]),
        draft=draft,
        published=published,
        next_url=url_for("console.draft_history", before=rows[PAGE_SIZE - 1].number)
        if more
        else "",
    )


def _runs(rows: Sequence[BundleVersionRow]) -> list[list[BundleVersionRow]]:
    """Return versions that one person saved in one go together, the newest first."""
    runs: list[list[BundleVersionRow]] = []
    for row in rows:
        if runs and _is_one_go(row, runs[-1][-1]):
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _is_one_go(row: BundleVersionRow, after: BundleVersionRow) -> bool:
    is_alike = (after.saved_by, after.note) == (row.saved_by, row.note)
    return is_alike and after.saved_at - row.saved_at <= LONGEST_PAUSE


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
