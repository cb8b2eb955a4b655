"""Every address of the console, as each role and as nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from campaign.organisers.rules.roles import Role
from campaign.web_app import create_app
from tests.campaigns.bundle_editing import both_campaigns
from tests.organiser import invite_organiser, sign_in_organiser
from tests.web.test_routes import contents

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from campaign.container import Container
    from tests.organiser import Organiser
    from tests.supporter import Supporter

EVERYBODY = {
    "GET /console/sign-in",
    "POST /console/sign-in",
    "POST /console/sign-out",
    "GET /console/sign-in/direct/<token>",
    "POST /console/sign-in/direct/<token>",
    "GET /console/welcome/<token>",
    "POST /console/welcome/<token>/password",
    "POST /console/welcome/<token>/code",
}
SIGNED_IN = {
    "GET /console/",
    "GET /console/<any(counts,signatures,letters,news,exports):page>",
    "GET /console/account",
    "POST /console/account/sessions/<uuid:session_id>/end",
    "POST /console/account/notices",
    "POST /console/account/password",
    "POST /console/account/second-step",
    "POST /console/account/second-step/code",
    "GET /console/account/recovery-codes",
    "POST /console/account/recovery-codes",
    "GET /console/campaigns",
}
VIEWERS = {
    "GET /console/c/<slug>/",
    "GET /console/c/<slug>/counts",
    "POST /console/c/<slug>/export/counts",
    "GET /console/c/<slug>/team",
}
TRANSLATORS = {
    "GET /console/c/<slug>/draft/languages",
    "GET /console/c/<slug>/draft/preview",
    "POST /console/c/<slug>/draft/preview",
    "GET /console/c/<slug>/draft/words/<language>",
    "POST /console/c/<slug>/draft/words/<language>",
}
EDITORS = {
    "GET /console/c/<slug>/attack",
    "POST /console/c/<slug>/attack/begin",
    "POST /console/c/<slug>/attack/end",
    "POST /console/c/<slug>/export/letters",
    "GET /console/c/<slug>/letters",
    "GET /console/c/<slug>/letters/<uuid:letter_id>",
    "POST /console/c/<slug>/letters/<uuid:letter_id>/decide",
    "POST /console/c/<slug>/letters/decide",
    "GET /console/c/<slug>/messages",
    "GET /console/c/<slug>/news",
    "GET /console/c/<slug>/news/write",
    "POST /console/c/<slug>/news/write",
    "GET /console/c/<slug>/news/<uuid:news_id>",
    "GET /console/c/<slug>/news/<uuid:news_id>/change",
    "POST /console/c/<slug>/news/<uuid:news_id>/change",
    "POST /console/c/<slug>/news/<uuid:news_id>/send",
    "POST /console/c/<slug>/news/<uuid:news_id>/stop",
    "POST /console/c/<slug>/news/<uuid:news_id>/test",
    "GET /console/c/<slug>/signatures",
    "POST /console/c/<slug>/signatures/release",
    "GET /console/c/<slug>/signatures/<uuid:signature_id>",
    "POST /console/c/<slug>/signatures/<uuid:signature_id>/hold",
    "POST /console/c/<slug>/signatures/<uuid:signature_id>/invalidate",
    "POST /console/c/<slug>/signatures/<uuid:signature_id>/release",
    "POST /console/c/<slug>/signatures/<uuid:signature_id>/restore",
    "GET /console/c/<slug>/signatures/rules",
    "POST /console/c/<slug>/signatures/rules",
    "GET /console/c/<slug>/signatures/rules/new",
    "POST /console/c/<slug>/signatures/rules/preview",
    "GET /console/c/<slug>/signatures/rules/<uuid:change_id>",
    "POST /console/c/<slug>/signatures/rules/<uuid:change_id>/stop",
    "POST /console/c/<slug>/signatures/rules/<uuid:change_id>/resume",
    "POST /console/c/<slug>/signatures/rules/<uuid:change_id>/undo",
    "GET /console/c/<slug>/draft/letter",
    "POST /console/c/<slug>/draft/letter",
    "GET /console/c/<slug>/draft/demands",
    "POST /console/c/<slug>/draft/demands",
    "GET /console/c/<slug>/draft/changes",
    "GET /console/c/<slug>/draft/variants",
    "POST /console/c/<slug>/draft/variants",
    "GET /console/c/<slug>/draft/recipients",
    "POST /console/c/<slug>/draft/recipients",
    "POST /console/c/<slug>/draft/languages/add",
    "POST /console/c/<slug>/draft/languages/<language>/remove",
    "POST /console/c/<slug>/draft/languages/<language>/reviewed",
    "GET /console/c/<slug>/draft/history",
    "POST /console/c/<slug>/draft/history/<int(max=999999999):number>/restore",
    "POST /console/c/<slug>/draft/versions/<int(max=999999999):number>/download",
    "GET /console/c/<slug>/publication",
    "POST /console/c/<slug>/publication/publish",
    "POST /console/c/<slug>/publication/schedule",
    "POST /console/c/<slug>/publication/approve",
    "GET /console/c/<slug>/rehearsal",
    "POST /console/c/<slug>/rehearsal/start",
    "POST /console/c/<slug>/rehearsal/end",
    "POST /console/c/<slug>/rehearsal/read",
    "POST /console/c/<slug>/publication/cancel",
    "POST /console/c/<slug>/publication/back",
    "POST /console/c/<slug>/publication/close",
    "POST /console/c/<slug>/publication/reopen",
    "POST /console/c/<slug>/publication/archive",
    "POST /console/c/<slug>/publication/unarchive",
    "POST /console/c/<slug>/publication/address",
}
OWNERS = {
    "GET /console/c/<slug>/exports",
    "POST /console/c/<slug>/exports/signatures",
    "POST /console/c/<slug>/exports/packs",
    "POST /console/c/<slug>/exports/letters",
    "POST /console/c/<slug>/exports/<uuid:job_id>/posted",
    "POST /console/c/<slug>/exports/<uuid:job_id>/file",
    "POST /console/c/<slug>/exports/<uuid:job_id>/cancel",
    "POST /console/c/<slug>/letters/<uuid:letter_id>/answers/<uuid:inbound_id>",
    "POST /console/c/<slug>/letters/<uuid:letter_id>/answers/<uuid:inbound_id>/pass-on",
    "POST /console/c/<slug>/letters/<uuid:letter_id>/answers/<uuid:inbound_id>/set-aside",
    "POST /console/c/<slug>/letters/<uuid:letter_id>/message",
    "POST /console/c/<slug>/letters/<uuid:letter_id>/print",
    "POST /console/c/<slug>/signatures/find",
    "POST /console/c/<slug>/signatures/<uuid:signature_id>/delete",
    "POST /console/c/<slug>/team/add",
    "POST /console/c/<slug>/team/<uuid:organiser_id>/role",
    "POST /console/c/<slug>/team/<uuid:organiser_id>/remove",
    "POST /console/c/<slug>/team/<uuid:organiser_id>/hand-over",
    "GET /console/messages/<uuid:inbound_id>",
    "POST /console/messages/<uuid:inbound_id>/source",
    "POST /console/c/<slug>/publication/unpublish",
    "POST /console/c/<slug>/publication/delete",
}
SITE_OWNERS = {
    "GET /console/log",
    "GET /console/messages",
    "GET /console/recipients",
    "GET /console/recipients/<recipient:key>",
    "POST /console/recipients/<recipient:key>/digest",
    "POST /console/recipients/<recipient:key>/new-in-office",
    "POST /console/recipients/<recipient:key>/pace",
    "POST /console/recipients/<recipient:key>/pause",
    "POST /console/recipients/<recipient:key>/resume",
    "POST /console/recipients/<recipient:key>/verify",
    "POST /console/recipients/<recipient:key>/wrong",
    "POST /console/messages/<uuid:inbound_id>/file",
    "POST /console/messages/<uuid:inbound_id>/forget",
    "GET /console/people",
    "POST /console/people/invite",
    "POST /console/people/<uuid:organiser_id>/site-owner",
    "POST /console/people/<uuid:organiser_id>/end",
    "GET /console/campaigns/new",
    "POST /console/campaigns/new/blank",
    "POST /console/campaigns/new/copy",
    "POST /console/campaigns/new/upload",
}
MAY = {
    Role.VIEWER: SIGNED_IN | VIEWERS,
    Role.TRANSLATOR: SIGNED_IN | VIEWERS | TRANSLATORS,
    Role.EDITOR: SIGNED_IN | VIEWERS | TRANSLATORS | EDITORS,
    Role.OWNER: SIGNED_IN | VIEWERS | TRANSLATORS | EDITORS | OWNERS,
}
"""What each role may do in its campaign."""

EVERYTHING = MAY[Role.OWNER] | SITE_OWNERS
OURS, OTHERS = "eu-china-dialogue", "harbour-quiet"
VALUES = {
    "slug": "eu-china-dialogue",
    "page": "letters",
    "token": "no-token",
    "session_id": UUID(int=1),
    "organiser_id": UUID(int=1),
    "letter_id": UUID(int=1),
    "job_id": UUID(int=1),
    "signature_id": UUID(int=1),
    "change_id": UUID(int=1),
    "inbound_id": UUID(int=1),
    "news_id": UUID(int=1),
    "key": "DE/foreign-affairs",
    "language": "fr",
    "number": 1,
}


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Two campaigns, of which an organiser works on the first."""
    return environ | {"CAMPAIGN_CAMPAIGNS": str(both_campaigns(tmp_path))}


def routes(app: Flask, slug: str = OURS) -> dict[str, str]:
    """Return every route of the console and an address for it."""
    found, values = {}, {**VALUES, "slug": slug}
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/console"):
            continue
        _, path = rule.build({name: values[name] for name in rule.arguments}) or ("", "")
        for method in (rule.methods or set()) & {"GET", "POST"}:
            found[f"{method} {rule.rule}"] = path
    return found


def sign_in_as(container: Container, app: Flask, role: Role) -> Organiser:
    """Return somebody with a role in the first campaign and none in the second."""
    return sign_in_organiser(container, app, role, slugs=[OURS])


def test_every_route_of_the_console_stands_in_this_list(app: Flask) -> None:
    assert set(routes(app)) == EVERYBODY | EVERYTHING


@pytest.mark.asvs("8.2.1")
def test_nobody_sees_or_changes_anything(app: Flask, container: Container) -> None:
    invite_organiser(container)
    before = contents(container)
    for route, path in routes(app).items():
        if route in EVERYBODY:
            continue
        method = route.partition(" ")[0]
        answer = app.test_client().open(path, method=method, data={"reason": "because"})
        assert "<h1>Sign in</h1>" in answer.text, route
        assert answer.status_code == (200 if method == "GET" else 403), route
    assert contents(container) == before


@pytest.mark.asvs("8.2.1", "8.3.1")
@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_refused_what_is_not_its_own(
    app: Flask, container: Container, role: Role
) -> None:
    organiser = sign_in_as(container, app, role)
    before = contents(container)
    for route, path in routes(app).items():
        if route in EVERYBODY | MAY[role]:
            continue
        method = route.partition(" ")[0]
        answer = organiser.browser.open(path, method=method, data={"csrf_token": organiser.form()})
        assert answer.status_code == 403, route
        assert "does not allow this" in answer.text, route
    assert contents(container) == before


@pytest.mark.asvs("8.2.2")
@pytest.mark.parametrize("role", list(Role))
def test_in_another_campaign_a_role_is_nobody(app: Flask, container: Container, role: Role) -> None:
    organiser = sign_in_as(container, app, role)
    before = contents(container)
    for route, path in routes(app, OTHERS).items():
        if "<slug>" not in route:
            continue
        method = route.partition(" ")[0]
        answer = organiser.browser.open(path, method=method, data={"csrf_token": organiser.form()})
        assert answer.status_code == 404, route
        assert "Quiet harbours" not in answer.text, route
    assert contents(container) == before


@pytest.mark.asvs("8.2.2")
@pytest.mark.parametrize("role", list(Role))
def test_no_page_names_another_campaign(app: Flask, container: Container, role: Role) -> None:
    organiser = sign_in_as(container, app, role)
    for route, path in routes(app).items():
        if route in MAY[role] and route.startswith("GET"):
            seen = organiser.get(path).text
            assert not {one for one in ("Quiet harbours", OTHERS) if one in seen}, route


@pytest.mark.asvs("8.2.1")
def test_who_works_on_no_campaign_sees_none(app: Flask, container: Container) -> None:
    nobody = sign_in_organiser(container, app, Role.VIEWER, name="Nina Example", slugs=["none"])
    assert "You do not work on any campaign yet." in nobody.get("/console/account").text
    assert "You do not work on any campaign yet." in nobody.get("/console/").text
    for slug in (OURS, OTHERS):
        assert nobody.get(f"/console/c/{slug}/").status_code == 404


@pytest.mark.asvs("3.5.3")
@pytest.mark.parametrize("role", [*Role, "site owner"])
def test_each_role_sees_its_pages_and_looking_changes_nothing(
    app: Flask, container: Container, role: Role | str
) -> None:
    if isinstance(role, Role):
        organiser, allowed = sign_in_as(container, app, role), MAY[role]
    else:
        organiser, allowed = sign_in_organiser(container, app), EVERYTHING
    before = contents(container)
    for route, path in routes(app).items():
        if route in allowed and route.startswith("GET"):
            answer = organiser.get(path)
            assert answer.status_code in {200, 303, 404}, route
            assert "does not allow this" not in answer.text, route
            assert "<h1>Sign in" not in answer.text, route
    assert contents(container) == before


@pytest.mark.asvs("3.5.1")
def test_no_form_is_acted_on_without_its_token(app: Flask, container: Container) -> None:
    owner = sign_in_organiser(container, app)
    before = contents(container)
    for route, path in routes(app).items():
        if route in EVERYTHING and route.startswith("POST"):
            answer = owner.browser.post(path, data={"reason": "because", "role": "viewer"})
            assert "<h1>Send it now?" in answer.text, route
    assert contents(container) == before


@pytest.mark.asvs("8.2.1", "16.5.3")
def test_an_undeclared_view_is_closed(container: Container) -> None:
    app = create_app(container)
    owner = sign_in_organiser(container, app)
    app.view_functions["console.overview"] = lambda: "open by mistake"
    assert owner.get("/console/").status_code == 403


@pytest.mark.asvs("8.2.3", "15.3.1")
@pytest.mark.parametrize("role", [Role.VIEWER, Role.TRANSLATOR])
def test_a_viewer_and_a_translator_never_meet_a_name(
    app: Flask, container: Container, supporter: Supporter, role: Role
) -> None:
    supporter.sign(show_name="y", town="Probeham")
    viewer = sign_in_as(container, app, role)
    for route, path in routes(app).items():
        if route in MAY[role] and route.startswith("GET"):
            seen = viewer.get(path).text
            assert not {word for word in ("Testa", "testa@", "Probeham") if word in seen}, route
