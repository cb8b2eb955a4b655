"""Who works on a campaign: roles given, changed and taken, and a campaign handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.organisers.queries import audit_log, campaign_roles, organisers
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import CampaignRole, Role
from tests.campaigns.bundle_editing import both_campaigns
from tests.organiser import CONSOLE_PATH, Organiser, hashed_password, path_of, sign_in_organiser

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from flask import Flask

    from campaign.container import Container

OURS, OTHERS = "eu-china-dialogue", "harbour-quiet"
TEAM = f"{CONSOLE_PATH}/team"


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return environ | {"CAMPAIGN_CAMPAIGNS": str(both_campaigns(tmp_path))}


@pytest.fixture
def olga(container: Container, app: Flask) -> Organiser:
    """Return the owner of the first campaign, who does not run the site."""
    return sign_in_organiser(container, app, Role.OWNER, "Olga Example", [OURS])


@pytest.fixture
def tom(container: Container, app: Flask) -> Organiser:
    """Return somebody who works on the second campaign only."""
    return sign_in_organiser(container, app, Role.EDITOR, "Tom Example", [OTHERS])


def roles_in(container: Container, slug: str = OURS) -> dict[str, str]:
    with container.database.reading() as session:
        loaded = container.campaign_cache.by_slug(session, slug)
        people = campaign_roles.of_campaign(session, loaded.campaign_id)
    return {row.name: held.label for row, held in people}


def come_in(container: Container, organiser: Organiser) -> None:
    """Let somebody be one who has set a password and a second step."""
    with container.database.writing() as session:
        row = organisers.lock(session, organiser.organiser_id)
        row.password_hash, row.totp = hashed_password(), b"sealed"


def logged(container: Container) -> list[tuple[str, str, str]]:
    with container.database.reading() as session:
        rows = audit_log.search(session, AuditFilter(action="role changed"), limit=9)
    return [(row.who, row.about, row.detail) for row in rows]


def test_an_owner_adds_a_translator_who_then_sees_the_campaign(
    olga: Organiser, tom: Organiser, container: Container
) -> None:
    assert tom.get(f"{CONSOLE_PATH}/").status_code == 404
    added = olga.post(
        f"{TEAM}/add", email="tom@example.org", role="translator", languages=["fr", "de"]
    )
    page = olga.get(path_of(added)).text
    assert "They can work on this campaign now." in page
    assert "translator for de, fr" in page
    assert roles_in(container) == {"Olga Example": "owner", "Tom Example": "translator for de, fr"}
    assert roles_in(container, OTHERS) == {"Tom Example": "editor"}
    assert tom.get(f"{CONSOLE_PATH}/").status_code == 200
    assert tom.get(f"{CONSOLE_PATH}/signatures").status_code == 403
    assert tom.get(f"/console/c/{OTHERS}/signatures").status_code == 200
    assert logged(container) == [
        (
            "Olga Example",
            "organiser Tom Example",
            "none to translator for de, fr in campaign eu-china-dialogue",
        )
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "nobody@example.org", "role": "viewer"}, "has an account here"),
        ({"email": "olga@example.org", "role": "viewer"}, "work on this campaign already"),
        ({"email": "olga", "role": "viewer"}, "not a valid e-mail address"),
        ({"email": "tom@example.org", "role": "translator"}, "at least one language"),
        (
            {"email": "tom@example.org", "role": "translator", "languages": ["xx"]},
            "languages from the list",
        ),
        ({"email": "tom@example.org", "role": "emperor"}, "Choose one of these."),
    ],
)
@pytest.mark.usefixtures("tom")
def test_what_cannot_be_added_is_said_at_its_field_and_kept(
    olga: Organiser, container: Container, fields: dict[str, str], said: str
) -> None:
    answer = olga.post(f"{TEAM}/add", **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert fields["email"] in answer.text
    assert roles_in(container) == {"Olga Example": "owner"}


def test_a_role_is_changed_and_taken(olga: Organiser, tom: Organiser, container: Container) -> None:
    olga.post(f"{TEAM}/add", email="tom@example.org", role="editor")
    olga.post(f"{TEAM}/{tom.organiser_id}/role", role="viewer")
    assert roles_in(container)["Tom Example"] == "viewer"
    olga.post(f"{TEAM}/{tom.organiser_id}/remove")
    assert roles_in(container) == {"Olga Example": "owner"}
    assert tom.get(f"{CONSOLE_PATH}/").status_code == 404


def test_a_campaigns_last_owner_stays_until_there_is_another(
    olga: Organiser, tom: Organiser, container: Container
) -> None:
    for path, fields in (("role", {"role": "editor"}), ("remove", {})):
        answer = olga.post(f"{TEAM}/{olga.organiser_id}/{path}", **fields)
        assert answer.status_code == 409
        assert "last owner" in answer.text
    olga.post(f"{TEAM}/add", email="tom@example.org", role="owner")
    # Tom was invited, and has never set a password.
    assert olga.post(f"{TEAM}/{olga.organiser_id}/remove").status_code == 409
    come_in(container, tom)
    left = olga.post(f"{TEAM}/{olga.organiser_id}/remove")
    assert path_of(left) == "/console/?said=role-removed"
    assert roles_in(container) == {"Tom Example": "owner"}


def test_a_campaign_is_handed_over_in_one_step(
    olga: Organiser, tom: Organiser, container: Container
) -> None:
    olga.post(f"{TEAM}/add", email="tom@example.org", role="viewer")
    refused = olga.post(f"{TEAM}/{tom.organiser_id}/hand-over")
    assert refused.status_code == 409
    come_in(container, tom)
    done = olga.post(f"{TEAM}/{tom.organiser_id}/hand-over")
    assert "The campaign has been handed over." in olga.get(path_of(done)).text
    assert roles_in(container) == {"Olga Example": "editor", "Tom Example": "owner"}
    # Somebody who is on no list cannot be made an owner in passing.
    assert olga.post(f"{TEAM}/{tom.organiser_id}/hand-over").status_code == 403
    stranger = sign_in_organiser(
        container, tom.browser.application, Role.EDITOR, "Sam Example", [OTHERS]
    )
    assert tom.post(f"{TEAM}/{stranger.organiser_id}/hand-over").status_code == 404


def test_only_owners_see_the_addresses_of_the_team(
    olga: Organiser, container: Container, app: Flask
) -> None:
    viewer = sign_in_organiser(container, app, Role.VIEWER, "Vic Example", [OURS])
    assert "vic@example.org" in olga.get(TEAM).text
    page = viewer.get(TEAM).text
    assert "Olga Example" in page
    assert "@example.org" not in page
    assert "<form" not in page.partition("<main")[2]


def test_a_site_owner_owns_every_campaign_and_may_leave_one_without_an_owner(
    olga: Organiser, container: Container, app: Flask
) -> None:
    ona = sign_in_organiser(container, app)
    assert ona.post(f"{TEAM}/{olga.organiser_id}/role", role="viewer").status_code == 303
    assert roles_in(container) == {"Olga Example": "viewer"}


def test_who_no_longer_runs_the_site_keeps_the_roles_of_campaigns(
    container: Container, app: Flask, olga: Organiser
) -> None:
    ona = sign_in_organiser(container, app)
    made = ona.post(f"/console/people/{olga.organiser_id}/site-owner", on="y")
    assert "Site owner" in ona.get(path_of(made)).text
    assert olga.get(f"/console/c/{OTHERS}/").status_code == 200
    ona.post(f"/console/people/{olga.organiser_id}/site-owner")
    assert olga.get(f"/console/c/{OTHERS}/").status_code == 404
    assert olga.get(f"{CONSOLE_PATH}/exports").status_code == 200


def test_ending_access_takes_all_roles_and_inviting_again_starts_without_them(
    container: Container, app: Flask, olga: Organiser
) -> None:
    ona = sign_in_organiser(container, app)
    ona.post(f"/console/people/{olga.organiser_id}/end")
    assert roles_in(container) == {}
    again = {"name": "Olga Example", "email": "olga@example.org", "role": "viewer"}
    ona.post("/console/people/invite", **again, campaign=OTHERS)
    assert roles_in(container) == {}
    assert roles_in(container, OTHERS) == {"Olga Example": "viewer"}


def test_an_invitation_to_a_role_names_its_campaign(container: Container, app: Flask) -> None:
    ona = sign_in_organiser(container, app)
    fields = {"name": "Vic Example", "email": "vic@example.org", "role": "viewer"}
    answer = ona.post("/console/people/invite", **fields, campaign="")
    assert answer.status_code == 422
    assert "Choose the campaign" in answer.text
    assert ona.post("/console/people/invite", **fields, campaign="no-such").status_code == 422


@pytest.mark.both_databases
def test_the_command_gives_and_takes_roles(
    container: Container, command: Callable[..., Result]
) -> None:
    def say(*words: str) -> str:
        result = command("organiser", *words)
        return result.output if result.exit_code == 0 else f"refused: {result.output}"

    both = ("--campaign", OURS, "--campaign", OTHERS)
    tara = ("invite", "Tara Example", "tara@example.org", "--role", "translator")
    assert "say with --language" in say(*tara, *both)
    assert "no campaign nowhere" in say(*tara, "--campaign", "nowhere", "--language", "fr")
    assert "say --site-owner, or" in say(*tara)
    assert "say --site-owner, or" in say("invite", "Tara Example", "tara@example.org")
    assert "Give this link" in say(*tara, *both, "--language", "fr")
    assert "translator for fr of eu-china-dialogue, translator for fr of harbour-quiet" in say(
        "list"
    )
    assert "editor of harbour-quiet now" in say(
        "role", "Tara Example", "editor", "--campaign", OTHERS
    )
    assert "left eu-china-dialogue" in say("role", "Tara Example", "none", "--campaign", OURS)
    assert roles_in(container, OURS) == {}
    assert roles_in(container, OTHERS) == {"Tara Example": "editor"}
    assert "is a site owner" in say("site-owner", "Tara Example")
    assert "site owner, editor of harbour-quiet" in say("list")


@pytest.mark.both_databases
def test_two_owners_cannot_both_be_taken_at_once(container: Container, app: Flask) -> None:
    one = sign_in_organiser(container, app, Role.OWNER, "Olga Example", [OURS])
    two = sign_in_organiser(container, app, Role.OWNER, "Otto Example", [OURS])
    assert one.post(f"{TEAM}/{two.organiser_id}/remove").status_code == 303
    assert two.post(f"{TEAM}/{one.organiser_id}/remove").status_code == 404
    assert roles_in(container) == {"Olga Example": "owner"}


def test_a_role_without_languages_is_one_for_all_of_them() -> None:
    assert CampaignRole(Role.EDITOR).label == "editor"
