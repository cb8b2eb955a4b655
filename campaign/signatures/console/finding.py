"""What one person signed: asked for by a form, so that no address has a name in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from campaign.console.access import console, requires
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.selected_campaign import SelectedCampaign, all_campaigns
from campaign.errors import InvalidText
from campaign.organisers.rules.roles import Permission
from campaign.signatures import search
from campaign.signatures.console.table import table_context
from campaign.web.context import current_container

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response
    from sqlalchemy.orm import Session

    from campaign.signatures.rows.signatures import SignatureRow


@console.post("/c/<slug>/signatures/find")
@requires(Permission.NAMES)
def find_signatures() -> Response:
    site = current_container()
    typed = {one: request.form.get(one, "").strip() for one in ("email", "name")}
    rows: Sequence[SignatureRow] = []
    errors: dict[str, str] = {}
    with site.database.reading() as session:
        try:
            rows = _found(session, **typed)
        except InvalidText:
            errors["email"] = "This is not an e-mail address."
        if bool(typed["email"]) == bool(typed["name"]):
            errors["email"] = "Type an e-mail address or a whole name, and not both."
    return console_page(
        "signatures/person_results.html",
        status=UNPROCESSABLE if errors else 200,
        campaigns={one.campaign_id: one for one in map(SelectedCampaign, all_campaigns())},
        errors=errors,
        typed=typed,
        most=search.MAX_RESULTS,
        **table_context(rows),
    )


def _found(session: Session, email: str, name: str) -> Sequence[SignatureRow]:
    keyring = current_container().keyring
    if email:
        return search.by_email(session, keyring, email)
    return search.by_name(session, keyring, name) if name else []
