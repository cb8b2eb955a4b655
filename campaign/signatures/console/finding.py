"""What one person signed: asked for by a form, so that no address has a name in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from campaign.campaigns.console import Chosen, all_campaigns
from campaign.console.guard import console, needs
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.errors import UnacceptableText
from campaign.organisers.rules.roles import Right
from campaign.signatures import search as searching
from campaign.signatures.console.persons import row_values
from campaign.web.context import current_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response
    from sqlalchemy.orm import Session

    from campaign.signatures.rows.signatures import SignatureRow


@console.post("/c/<slug>/signatures/find")
@needs(Right.NAMES)
def find_signatures() -> Response:
    site = current_site()
    typed = {one: request.form.get(one, "").strip() for one in ("email", "name")}
    rows: Sequence[SignatureRow] = []
    errors: dict[str, str] = {}
    with site.database.reading() as session:
        try:
            rows = _found(session, **typed)
        except UnacceptableText:
            errors["email"] = "This is not an e-mail address."
        if bool(typed["email"]) == bool(typed["name"]):
            errors["email"] = "Type an e-mail address or a whole name, and not both."
    return console_page(
        "signatures_found.html",
        status=UNPROCESSABLE if errors else 200,
        campaigns={one.campaign_id: one for one in map(Chosen, all_campaigns())},
        errors=errors,
        typed=typed,
        most=searching.MOST,
        **row_values(rows),
    )


def _found(session: Session, email: str, name: str) -> Sequence[SignatureRow]:
    keyring = current_site().keyring
    if email:
        return searching.by_email(session, keyring, email)
    return searching.by_name(session, keyring, name) if name else []
