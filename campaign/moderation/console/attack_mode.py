"""The switch for a campaign under attack, on its dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from campaign.campaigns.console import chosen_campaign
from campaign.console.guard import CONFLICT, console, needs
from campaign.console.pages import UNPROCESSABLE
from campaign.console.session import acting, me
from campaign.errors import NoLongerPossible, UnacceptableText
from campaign.moderation import attack_mode as besieging
from campaign.moderation.forms.reason import fault_of
from campaign.operations.console.dashboard import today_page
from campaign.organisers.rules.audit_log import Cause
from campaign.organisers.rules.roles import Right
from campaign.web.context import current_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.cache import Shelved

    Change = Callable[[Session, Shelved, Cause, datetime], None]


@console.post("/c/<slug>/attack/begin")
@needs(Right.WORK)
def begin_attack() -> WerkzeugResponse:
    return _changed("attack-begun", besieging.begin)


@console.post("/c/<slug>/attack/end")
@needs(Right.WORK)
def end_attack() -> WerkzeugResponse:
    return _changed("attack-ended", besieging.end)


def _changed(said: str, change: Change) -> WerkzeugResponse:
    """Turn the switch; else show how it stands now, with what was typed."""
    site, reason = current_site(), request.form.get("reason", "")
    shelved = chosen_campaign().shelved
    afterwards = url_for("console.today", said=said, _anchor="attack")
    try:
        with acting(afterwards) as session:
            change(session, shelved, Cause(me().name, reason), site.clock())
    except UnacceptableText as error:
        return today_page(status=UNPROCESSABLE, fault=fault_of(error))
    except NoLongerPossible as error:
        return today_page(status=CONFLICT, fault=f"It is {error} already.")
    return redirect(afterwards, 303)
