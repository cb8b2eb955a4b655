"""The switch for a campaign's attack mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for

from campaign.console.access import console, requires
from campaign.console.forms import submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.moderation import attack_mode
from campaign.moderation.forms import BeginAttackForm, EndAttackForm, ReasonForm
from campaign.organisers.rules.roles import Permission
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.organisers.rules.audit_log import Justification

    Change = Callable[[Session, LoadedCampaign, Justification, datetime], None]


@console.get("/c/<slug>/attack")
@requires(Permission.EDIT)
def attack() -> Response:
    return _attack_page(ReasonForm(formdata=None))


@console.post("/c/<slug>/attack/begin")
@requires(Permission.EDIT)
def begin_attack() -> WerkzeugResponse:
    return _switch(BeginAttackForm(), "attack-begun", attack_mode.begin)


@console.post("/c/<slug>/attack/end")
@requires(Permission.EDIT)
def end_attack() -> WerkzeugResponse:
    return _switch(EndAttackForm(), "attack-ended", attack_mode.end)


def _switch(form: ReasonForm, notice: str, change: Change) -> WerkzeugResponse:
    loaded, now = selected_campaign().loaded, container.clock()
    return submit_form(
        form,
        lambda session: change(session, loaded, form.cause, now),
        afterwards=url_for("console.dashboard", said=notice),
        page=lambda: _attack_page(form),
    )


def _attack_page(form: ReasonForm) -> Response:
    return console_page(
        "moderation/attack.html",
        status=form.status,
        form=form,
        attacked_since=selected_campaign().loaded.attacked_since,
    )
