"""The switch for a campaign's attack mode, on its dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from campaign.console.access import CONFLICT, console, requires
from campaign.console.pages import UNPROCESSABLE
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user, form_transaction
from campaign.errors import InvalidText, NoLongerPossible
from campaign.moderation import attack_mode
from campaign.moderation.forms.reason import reason_error
from campaign.operations.console import dashboard_page
from campaign.organisers.rules.audit_log import Justification
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.cache import LoadedCampaign

    Change = Callable[[Session, LoadedCampaign, Justification, datetime], None]


@console.post("/c/<slug>/attack/begin")
@requires(Permission.EDIT)
def begin_attack() -> WerkzeugResponse:
    return _changed("attack-begun", attack_mode.begin)


@console.post("/c/<slug>/attack/end")
@requires(Permission.EDIT)
def end_attack() -> WerkzeugResponse:
    return _changed("attack-ended", attack_mode.end)


def _changed(notice: str, change: Change) -> WerkzeugResponse:
    """Turn the switch; if that is not possible, show the current state with what was typed."""
    reason = request.form.get("reason", "")
    loaded = selected_campaign().loaded
    afterwards = url_for("console.dashboard", said=notice, _anchor="attack")
    try:
        with form_transaction(afterwards) as session:
            change(session, loaded, Justification(current_user().name, reason), container.clock())
    except InvalidText as error:
        return dashboard_page(status=UNPROCESSABLE, fault=reason_error(error))
    except NoLongerPossible as error:
        return dashboard_page(status=CONFLICT, fault=f"It is {error} already.")
    return redirect(afterwards, 303)
