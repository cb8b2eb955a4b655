"""Changes by rule: asked for with a look first, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask import g, redirect, request, url_for

from campaign.campaigns.console import chosen_campaign
from campaign.console.guard import CONFLICT, console, needs
from campaign.console.pages import UNPROCESSABLE, console_page
from campaign.console.session import acting, me
from campaign.errors import MoreThanSeen, NoLongerPossible, NotFound, UnacceptableText
from campaign.language.formats import territory
from campaign.moderation import bulk
from campaign.moderation.bulk import Order
from campaign.moderation.forms.reason import fault_of
from campaign.moderation.forms.rule import read_rule, words_of
from campaign.moderation.queries import bulk as store
from campaign.moderation.rules import AT_WORK, OF_HELD, ChangeKind
from campaign.organisers.rules.audit_log import Cause
from campaign.organisers.rules.roles import Right
from campaign.signatures.console.persons import row_values
from campaign.web.context import current_site

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.moderation.bulk import Preview
    from campaign.signatures.rules.selection import Rule

MOST = 50
_FAULTS = {
    "no-rule": ("source", "Say which signatures: fill in at least one field."),
    "not-an-address": ("domain", "A mail domain is like example.org."),
}


@dataclass(frozen=True)
class Typed:
    """A change as a form asks for it; `errors`: by the field that has a fault."""

    kind: ChangeKind
    rule: Rule
    errors: dict[str, str]

    def complain(self, error: UnacceptableText) -> None:
        name, text = _FAULTS.get(error.reason, ("reason", fault_of(error)))
        self.errors[name] = text


@console.get("/c/<slug>/signatures/rules")
@needs(Right.WORK)
def rules() -> Response:
    with current_site().database.reading() as session:
        rows = store.listing(session, chosen_campaign().campaign_id, MOST)
    return console_page(
        "rules.html",
        rows=rows,
        which={row.id: words_of(row) for row in rows},
        at_work=any(row.state in AT_WORK for row in rows),
    )


@console.get("/c/<slug>/signatures/rules/new")
@needs(Right.WORK)
def new_rule() -> Response:
    """The empty form, or one that a list of signatures fills in."""
    kind, errors = request.args.get("kind"), dict[str, str]()
    typed = Typed(
        ChangeKind(kind) if kind in set(ChangeKind) else ChangeKind.INVALIDATE,
        read_rule(request.args, errors),
        errors,
    )
    return _form_page(typed)


@console.post("/c/<slug>/signatures/rules/preview")
@needs(Right.WORK)
def preview_rule() -> Response:
    """How many signatures it would be about, and the newest of them. Changes nothing."""
    return _preview_page(_typed())


@console.post("/c/<slug>/signatures/rules")
@needs(Right.WORK)
def start_rule() -> WerkzeugResponse:
    """Let the worker change what meets the rule, if it is still what was seen."""
    site, typed = current_site(), _typed()
    seen = request.form.get("seen", type=int)
    if typed.errors or seen is None:
        return _preview_page(typed)
    cause = Cause(me().name, request.form.get("reason", ""))
    order = Order(g.form_id, chosen_campaign().campaign_id, typed.kind, typed.rule, cause, seen)
    afterwards = url_for("console.rules", said="change-start")
    try:
        with acting(afterwards) as session:
            bulk.start(session, site.keyring, order, site.clock())
    except UnacceptableText as error:
        typed.complain(error)
        return _preview_page(typed)
    except (MoreThanSeen, NoLongerPossible):
        return _preview_page(typed, changed=True)
    return redirect(afterwards, 303)


def _typed() -> Typed:
    kind = request.form.get("kind", "")
    if kind not in set(ChangeKind):
        raise NotFound("kind")
    errors: dict[str, str] = {}
    rule = read_rule(request.form, errors, with_domain=True)
    if kind in OF_HELD:
        rule = replace(rule, held_only=True)
    return Typed(ChangeKind(kind), rule, errors)


def _preview_page(typed: Typed, *, changed: bool = False) -> Response:
    """Show what a rule is about now, with everything that was typed."""
    with current_site().database.reading() as session:
        seen = _preview(session, typed)
        return _form_page(typed, seen, changed=changed)


def _preview(session: Session, typed: Typed) -> Preview | None:
    if set(typed.errors) - {"reason"}:
        return None
    site, campaign_id = current_site(), chosen_campaign().campaign_id
    try:
        return bulk.preview(
            session, site.keyring, campaign_id, typed.kind, typed.rule, site.clock()
        )
    except UnacceptableText as error:
        typed.complain(error)
        return None


def _form_page(typed: Typed, seen: Preview | None = None, *, changed: bool = False) -> Response:
    governments = current_site().reference.ministries
    return console_page(
        "rule_new.html",
        status=CONFLICT if changed else UNPROCESSABLE if typed.errors else 200,
        kind=typed.kind,
        kinds=list(ChangeKind),
        rule=typed.rule,
        errors=typed.errors,
        seen=seen,
        changed=changed,
        governments=sorted(governments, key=lambda code: territory(code, "en")),
        typed=request.values,
        **row_values(seen.sample if seen else []),
    )
