"""Pages of the console: in English, with the menu that a role allows."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import g, jsonify, request, url_for

from campaign.console.selected_campaign import (
    my_campaigns,
    selected_campaign_or_none,
    selected_time_zone,
)
from campaign.console.session import CSRF_FIELD, csrf_token, renew_csrf_token
from campaign.letters.rules.letter import LETTER_STATE_LABELS, WAITING_FOR_LABELS
from campaign.organisers.forms.account import SignInForm
from campaign.organisers.rules.roles import Permission
from campaign.recipients.labels import recipient_label
from campaign.signatures.rules.signature import HOLD_REASON_LABELS
from campaign.web.context import container
from campaign.web.error_handlers import SECRET_FIELDS
from campaign.web.render import render_site_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.console.selected_campaign import SelectedCampaign
    from campaign.console.session import CurrentUser


CARRIED_PREFIX = "carried."
"""The prefix of the fields in which a sign-in page carries a form that was interrupted."""

_NOT_TYPED = frozenset({CSRF_FIELD, "shown", "planned"})
_WORTH_KEEPING = 20
"""How many characters a text has that nobody wants to type again."""

NOTICES = {
    "verify": "The address is verified.",
    "new-in-office": "The new head of the office is saved.",
    "check": ("Your check is saved. The list shows whether a second person still has to check it."),
    "wrong": "Nothing will be sent to that address any more.",
    "pace": "The pace is set.",
    "digest": "Saved. It applies from the next letter onwards.",
    "pause": "Paused. Letters to this office are on hold.",
    "resume": "Letters are being sent to this office again.",
    "asked": ("Your export is being created. You can download it here when it is ready."),
    "posted": "Letters that had not been sent will not be sent by e-mail.",
    "cancelled": "Cancelled, and the file is deleted.",
    "signature-invalidate": "The signature is no longer counted.",
    "signature-restore": "The signature is restored.",
    "signature-hold": "The signature is held: it is not counted or listed.",
    "signature-release": "Released. It counts from today.",
    "signature-delete": "All personal data is deleted.",
    "change-start": "Started. The worker processes it in batches.",
    "change-stop": "Stopped. What is done stays done.",
    "change-resume": "Resumed.",
    "change-undo": "The worker is undoing it in batches.",
    "attack-begun": "All new signatures are held from now on.",
    "attack-ended": ("New signatures count again. Held ones stay held until you release them."),
    "filed": "The message has been filed.",
    "message-deleted": "The message is deleted.",
    "decided": "Done, and recorded in the log.",
    "shown-once": "The link was shown once. Invite the person again to get a new one.",
    "role": "The role has been changed.",
    "role-added": "They can work on this campaign now.",
    "role-removed": "They no longer work on this campaign.",
    "handed-over": "The campaign has been handed over.",
    "ended": "Access has been ended.",
    "notices-chosen": "Saved. From now on you get these e-mails.",
    "session-ended": "That session has been ended.",
    "password": ("Your password has been changed, and all other sessions have been ended."),
    "second-step": "Use codes from the new app from now on.",
    "news-draft": "The draft is saved. Nothing was sent.",
    "news-test": "The test is being sent to the operator’s address.",
    "news-started": "Sending has started.",
    "news-stopped": "Stopped. E-mails that had not been sent will not be sent.",
    "campaign-created": "The campaign is created. Only organisers can see it until you publish it.",
    "draft-saved": "Saved. The public page shows it once you publish.",
    "draft-restored": "That version is the draft now. The public page does not change.",
    "published": "Published.",
    "wording-back": "These words are published again. Your draft is not changed.",
    "scheduled": "The publication is scheduled.",
    "rehearsal-started": "The rehearsal has started.",
    "rehearsal-ended": "The rehearsal is over. Whoever signed it is being erased.",
    "letter-read": "Noted.",
    "approval-asked": "Approval requested. Somebody else has to approve it.",
    "approved": "Approved.",
    "schedule-cancelled": "The scheduled publication is cancelled.",
    "closed": "The campaign is closed.",
    "reopened": "The campaign is open again.",
    "archived": "The campaign is archived.",
    "unarchived": "The campaign is out of the archive. It is still closed.",
    "unpublished": "The campaign is no longer published. Its draft is still here.",
    "address-changed": "The address has been changed. The old one leads to the new one.",
    "campaign-deleted": "The campaign is deleted.",
    "welcome": "You are signed in. Create your recovery codes next.",
}
"""What a page says after an action, by the key in its URL."""


DRAFT_MENU = (
    ("edit_letter", "Draft", Permission.EDIT),
    ("edit_languages", "Draft", Permission.TRANSLATE),
)
"""Of entries with one name, a menu has the first that a role may see."""

CAMPAIGN_MENU = (
    ("dashboard", "Dashboard", Permission.VIEW_COUNTS),
    ("counts", "Counts", Permission.VIEW_COUNTS),
    ("signatures", "Signatures", Permission.EDIT),
    ("letters", "Letters", Permission.EDIT),
    ("list_news", "News", Permission.EDIT),
    ("exports", "Exports", Permission.VIEW_NAMES),
    *DRAFT_MENU,
    ("team", "Team", Permission.VIEW_COUNTS),
)
OVERVIEW_MENU = (("overview", "All campaigns", Permission.VIEW_COUNTS),)
SITE_MENU = (
    ("campaigns", "Campaigns", Permission.VIEW_COUNTS),
    ("recipients", "Offices", Permission.MANAGE_SITE),
    ("unfiled_messages", "Unfiled mail", Permission.MANAGE_SITE),
    ("people", "People", Permission.MANAGE_SITE),
    ("show_audit_log", "Log", Permission.MANAGE_SITE),
)
"""The menus: of a mere draft, of a campaign, of all campaigns, and of the site.

Each entry has its view, its name, and the permission that shows it.
"""


def console_page(template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a page of the console; `current_user` is None before anybody is signed in."""
    signed_in: CurrentUser | None = g.get("current_user")
    return render_site_page(
        container.languages["en"],
        template,
        status=status,
        current_user=signed_in,
        **(_surroundings(signed_in) if signed_in else {}),
        Permission=Permission,
        form_token=csrf_token,
        notice=NOTICES.get(request.args.get("said", "")),
        hold_reasons=HOLD_REASON_LABELS,
        letter_states=LETTER_STATE_LABELS,
        waiting_for=WAITING_FOR_LABELS,
        recipient_label=recipient_label,
        this_year=container.clock().astimezone(selected_time_zone()).year,
        **values,
    )


def message_page(heading: str, text: str, status: int) -> Response:
    return console_page("console/message.html", status=status, heading=heading, text=text, typed=[])


def is_from_script() -> bool:
    """Return whether a page's script sent a form in the background, and wants JSON."""
    return request.accept_mimetypes.best == "application/json"


def not_saved(why: str, **more: bool) -> Response:
    """Tell a page's script why nothing was saved."""
    response = jsonify(said=f"Not saved: {why}", **more)
    response.status_code = HTTPStatus.FORBIDDEN
    return response


def refused_page() -> WerkzeugResponse:
    """Show that the role does not allow this, and what was written for it."""
    if is_from_script():
        return not_saved("your role does not allow it any more. Copy what you wrote.")
    heading = "Your role does not allow this"
    text = (
        "An owner of the campaign can change your role in it. Some pages are for site owners only."
    )
    return console_page(
        "console/message.html",
        status=HTTPStatus.FORBIDDEN,
        heading=heading,
        text=text,
        typed=_typed_texts(),
    )


def _typed_texts() -> list[str]:
    """Return the longer texts of a form that is refused, which are nowhere else."""
    if not SECRET_FIELDS.isdisjoint(request.form):
        return []
    return [
        text
        for name, text in request.form.items(multi=True)
        if name not in _NOT_TYPED and len(text) >= _WORTH_KEEPING
    ]


def sign_in_page(
    *, status: int = 200, error: str = "", reauthenticating: CurrentUser | None = None
) -> Response:
    """Ask for password and code; carry the fields of a form that cannot be processed now.

    `reauthenticating`: who is signed in, if a recent sign-in is required.
    """
    form, pending_fields = _sign_in_form()
    form.conflict = error
    return console_page(
        "organisers/sign_in.html",
        status=status,
        form=form,
        reauthenticating=reauthenticating,
        pending_fields=pending_fields,
    )


def resubmit_page(target: str, fields: Sequence[tuple[str, str]], organiser_id: UUID) -> Response:
    """Offer a form that has not been processed once more: with one button, under its own id."""
    token = renew_csrf_token(dict(fields).get(CSRF_FIELD, ""), organiser_id)
    others = [(name, value) for name, value in fields if name != CSRF_FIELD]
    return console_page(
        "console/resubmit.html", target=target, fields=[*others, (CSRF_FIELD, token)]
    )


def carried_fields() -> list[tuple[str, str]]:
    """Return the fields of an interrupted form that came back with the sign-in."""
    return [
        (name.removeprefix(CARRIED_PREFIX), value)
        for name, value in request.form.items(multi=True)
        if name.startswith(CARRIED_PREFIX)
    ]


def _surroundings(signed_in: CurrentUser) -> dict[str, Any]:
    """Return what every page shows: the campaign, two menus, and the zone of its times."""
    shown = selected_campaign_or_none()
    return {
        "campaign": shown,
        "several": len(my_campaigns()) > 1,
        "campaign_menu": _menu(_menu_of(shown), signed_in),
        "time_zone": selected_time_zone().key,
        "site_menu": _menu(SITE_MENU, signed_in),
    }


def _menu_of(shown: SelectedCampaign | None) -> Sequence[tuple[str, str, Permission]]:
    if shown is None:
        return OVERVIEW_MENU
    if shown.published is None:
        return (*DRAFT_MENU, ("team", "Team", Permission.VIEW_COUNTS))
    return CAMPAIGN_MENU


def _menu(
    entries: Sequence[tuple[str, str, Permission]], signed_in: CurrentUser
) -> list[tuple[str, str, bool]]:
    """Return (URL, name, whether it is the current section) for each entry that a role may see."""
    shown: dict[str, str] = {}
    for view, name, right in entries:
        if signed_in.has_permission(right):
            shown.setdefault(name, url_for(f"console.{view}"))
    return [(address, name, _is_current_section(address)) for name, address in shown.items()]


def _is_current_section(address: str) -> bool:
    """Return whether the requested page is this one or one below it; a dashboard has none below."""
    section, _, step = address.partition("/draft/")
    if step:
        # The steps of a draft end with its publication.
        return request.path.startswith(
            (f"{section}/draft/", f"{section}/publication", f"{section}/rehearsal")
        )
    below = not address.endswith("/") and request.path.startswith(f"{address}/")
    return request.path == address or below


def _sign_in_form() -> tuple[SignInForm, list[tuple[str, str]]]:
    """Return the form as it was typed, or a new one, and the fields of what was interrupted."""
    if request.path == url_for("console.sign_in"):
        return SignInForm(), carried_fields()
    if not SECRET_FIELDS.isdisjoint(request.form):
        # Secrets are typed again, on their own page.
        return SignInForm(formdata=None, target=url_for("console.account")), []
    fields = list(request.form.items(multi=True))
    return SignInForm(formdata=None, target=request.full_path.rstrip("?")), fields
