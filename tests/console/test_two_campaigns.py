"""An organiser with two campaigns: no page, count, list or file of one shows the other's."""

from __future__ import annotations

import csv
import re
from html import unescape
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from campaign.campaigns.rows import CampaignRow
from campaign.delivery.rows import InboundRow
from campaign.exports.rows import ExportJobRow
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, WaitingFor
from campaign.organisers.rules.roles import Role
from campaign.signatures.rows import SignatureRow
from tests.campaigns.bundle_editing import both_campaigns
from tests.helpers.inbound import receive
from tests.helpers.incoming_messages import reply_message
from tests.organiser import CONSOLE_PATH, Organiser, path_of, sign_in_organiser
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from click.testing import Result
    from flask import Flask
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker
    from tests.clock import Clock

HARBOUR = Path(__file__).parent.parent / "bundles" / "harbour"
OTHER = "/console/c/harbour-quiet"
NAMES = {
    CONSOLE_PATH: "EU-China human rights dialogue",
    OTHER: "Quiet harbours (example)",
}
PLACES = (
    "",
    "/counts",
    "/signatures",
    "/signatures/rules",
    "/letters",
    "/news",
    "/exports",
)


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return environ | {"CAMPAIGN_CAMPAIGNS": str(both_campaigns(tmp_path))}


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app)


@pytest.fixture
def harbour(app: Flask, worker: Worker, transport: MemoryTransport) -> Supporter:
    """Who signs the second campaign: two letters, both delivered."""
    supporter = Supporter(app.test_client(), worker, transport, "harbour-quiet")
    for number in (1, 2):
        email = f"quiet{number}@example.org"
        supporter.sign(demands=["quiet_nights", "slow_ships"], email=email, show_name="y")
    supporter.deliver()
    return supporter


@pytest.fixture
def both(supporter: Supporter, harbour: Supporter) -> Supporter:
    """Who signs the first campaign: one letter, delivered."""
    supporter.sign(show_name="y")
    supporter.deliver()
    return supporter


def table(answer: TestResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(answer.text, newline="")))


def letters_of(container: Container, slug: str) -> Sequence[LetterRow]:
    with container.database.reading() as session:
        wanted = select(LetterRow).join(CampaignRow, CampaignRow.id == LetterRow.campaign_id)
        return session.scalars(wanted.where(CampaignRow.slug == slug)).all()


def become(container: Container, slug: str, state: LetterState) -> None:
    with container.database.writing() as session:
        for row in letters_of(container, slug):
            session.merge(row).state = state


def links(page: str) -> set[str]:
    found = re.findall(r'(?:href|action)="(/console/[^"#]*)', page)
    return {unescape(one) for one in found}


def test_the_first_page_lists_both_with_their_figures(both: Supporter, owner: Organiser) -> None:
    page = owner.get("/console/").text
    assert "<h1>All campaigns</h1>" in page
    for base, name, number in ((CONSOLE_PATH, NAMES[CONSOLE_PATH], 1), (OTHER, NAMES[OTHER], 2)):
        assert f'<a href="{base}/">{name}</a>' in page
        assert f'<a href="{base}/counts">{number}</a>' in page
        assert f'<a href="{base}/letters?state=accepted">{number}</a>' in page


def test_the_first_page_says_how_many_letters_wait_for_an_address(
    both: Supporter, owner: Organiser, container: Container
) -> None:
    with container.database.writing() as session:
        for row in letters_of(container, "harbour-quiet"):
            letter = session.merge(row)
            letter.state, letter.waiting_for = LetterState.WAITING, WaitingFor.VERIFIED_ADDRESS
    page = owner.get("/console/").text
    assert f'<a href="{OTHER}/letters?state=waiting">2</a>' in page
    assert f'<a href="{CONSOLE_PATH}/letters?state=waiting">0</a>' in page


def test_a_recipient_that_letters_wait_for_is_listed_though_no_campaign_writes_to_it_any_more(
    both: Supporter, owner: Organiser, container: Container, command: Callable[..., Result]
) -> None:
    page = "/console/recipients/LU/justice"
    assert page not in owner.get("/console/recipients?words=LU").text
    with container.database.writing() as session:
        for row in letters_of(container, "harbour-quiet"):
            letter = session.merge(row)
            letter.state, letter.waiting_for = LetterState.WAITING, WaitingFor.VERIFIED_ADDRESS
            letter.recipient = "LU/justice"
    assert page in owner.get("/console/recipients?words=LU").text
    assert "LU/justice" in command("recipients", "list").output
    assert "LU/interior" not in command("recipients", "list").output


def test_a_message_that_is_filed_under_one_campaign_is_in_no_list_of_the_other(
    both: Supporter, owner: Organiser, container: Container
) -> None:
    receive(container, reply_message("<nothing@example.net>", "About quiet harbours."))
    with container.database.reading() as session:
        page = f"/console/messages/{session.scalars(select(InboundRow.id)).one()}"
    assert "1 message could not be matched to a letter" in owner.get("/console/").text
    assert owner.post(f"{page}/file", campaign="harbour-quiet").status_code == 303
    assert page in owner.get(f"{OTHER}/messages").text
    assert "1 answer to the campaign" in owner.get(f"{OTHER}/letters").text
    assert page not in owner.get(f"{CONSOLE_PATH}/messages").text
    assert "answer to the campaign" not in owner.get(f"{CONSOLE_PATH}/letters").text
    assert "fits no letter" not in owner.get("/console/").text


def test_the_first_page_says_what_needs_attention_in_any_campaign(
    both: Supporter, owner: Organiser, container: Container
) -> None:
    become(container, "harbour-quiet", LetterState.UNCERTAIN)
    page = owner.get("/console/").text
    assert "2 uncertain letters" in page
    assert f'href="{OTHER}/letters?state=uncertain">Decide</a>' in page
    assert "uncertain letter" in owner.get(f"{OTHER}/").text
    assert "uncertain letter" not in owner.get(f"{CONSOLE_PATH}/").text


def test_attack_mode_concerns_one_campaign_and_the_first_page_says_which(
    both: Supporter, owner: Organiser
) -> None:
    begun = owner.post(f"{OTHER}/attack/begin", reason="a script signs")
    assert path_of(begun) == f"{OTHER}/?said=attack-begun"
    assert "Under attack</strong> since" in owner.get(f"{OTHER}/").text
    assert "Under attack</strong> since" not in owner.get(f"{CONSOLE_PATH}/").text
    page = owner.get("/console/").text
    assert page.count("Under attack</strong> since") == 1
    assert f'href="{OTHER}/attack">End attack mode</a>' in page


@pytest.mark.parametrize("base", list(NAMES))
def test_each_page_of_a_campaign_says_which_it_is_and_links_to_no_other(
    both: Supporter, owner: Organiser, base: str
) -> None:
    others = tuple(f"{one}/" for one in NAMES if one != base)
    for place in PLACES:
        page = owner.get(f"{base}{place}/" if not place else f"{base}{place}").text
        assert f"<strong>{NAMES[base]}</strong>" in page, place
        assert not [one for one in links(page) if one.startswith(others)], place


@pytest.mark.parametrize("base", list(NAMES))
def test_whatever_is_linked_in_a_campaign_can_be_looked_at(
    both: Supporter, owner: Organiser, base: str
) -> None:
    seen: set[str] = set()
    waiting = [f"{base}/"]
    while waiting:
        path = waiting.pop()
        seen.add(path.partition("?")[0])
        answer = owner.get(path)
        assert answer.status_code == 200, path
        found = re.findall(r'href="(/console/c/[^"#]*)', answer.text)
        new = {unescape(one) for one in found if unescape(one).partition("?")[0] not in seen}
        waiting.extend(one for one in sorted(new) if one not in waiting)
    assert {f"{base}{place}" if place else f"{base}/" for place in PLACES} <= seen
    assert len(seen) > len(PLACES) + 1


def test_letters_are_counted_listed_and_exported_of_one_campaign(
    both: Supporter, owner: Organiser, container: Container
) -> None:
    for base, slug, number in ((CONSOLE_PATH, "eu-china-dialogue", 1), (OTHER, "harbour-quiet", 2)):
        page = owner.get(f"{base}/letters?state=accepted&recipient=DE/foreign-affairs").text
        own = {str(row.id) for row in letters_of(container, slug)}
        assert set(re.findall(rf'href="{base}/letters/([0-9a-f-]{{36}})"', page)) == own
        assert re.search(rf"<strong>{number} letters?</strong>", page)
        assert "Office: Germany, foreign affairs" in page
        assert len(table(owner.post(f"{base}/export/letters", format="csv"))) == number
        headings = owner.post(f"{base}/export/letters", format="csv").headers
        assert f"letters-{slug}" in headings["Content-Disposition"]


def test_all_letters_of_a_kind_are_decided_about_in_one_campaign(
    both: Supporter, owner: Organiser, container: Container
) -> None:
    for slug in ("eu-china-dialogue", "harbour-quiet"):
        become(container, slug, LetterState.UNCERTAIN)
    fields = {"state": "uncertain", "verdict": "drop", "expected": "2", "reason": "they have them"}
    assert path_of(owner.post(f"{OTHER}/letters/decide", **fields)).startswith(f"{OTHER}/letters")
    assert {row.state for row in letters_of(container, "harbour-quiet")} == {LetterState.DROPPED}
    assert {row.state for row in letters_of(container, "eu-china-dialogue")} == {
        LetterState.UNCERTAIN
    }


def test_signatures_are_listed_and_exported_of_one_campaign(
    both: Supporter, owner: Organiser
) -> None:
    for base, number in ((CONSOLE_PATH, 1), (OTHER, 2)):
        page = owner.get(f"{base}/signatures").text
        assert len(re.findall(rf'href="{base}/signatures/[0-9a-f-]{{36}}"', page)) == number
        asked = {"format": "csv", "state": "confirmed", "reason": "a look at the books"}
        assert len(table(owner.post(f"{base}/exports/signatures", **asked))) == number


def test_files_that_the_worker_makes_are_found_where_they_were_asked_for(
    both: Supporter, owner: Organiser, container: Container, clock: Clock
) -> None:
    asked = owner.post(f"{OTHER}/exports/packs", government="DE", reason="for the meeting")
    assert path_of(asked).startswith(f"{OTHER}/exports?")
    clock.advance(seconds=1)
    owner.post(f"{OTHER}/exports/letters", state="accepted", government="DE")
    both.deliver()
    assert "Hand-over pack, Germany" in owner.get(path_of(asked)).text
    files = re.findall(
        rf'action="({OTHER}/exports/[^"]+/file)"', owner.get(f"{OTHER}/exports").text
    )
    with owner.post(files[-1]) as answer:
        assert "harbour-quiet" in answer.headers["Content-Disposition"]
        assert "letter.pdf" in ZipFile(BytesIO(answer.data)).namelist()
    assert "/file" not in owner.get(f"{CONSOLE_PATH}/exports").text
    for act in ("file", "cancel", "posted"):
        with container.database.reading() as session:
            jobs = session.scalars(select(ExportJobRow.id)).all()
        for job in jobs:
            assert owner.post(f"{CONSOLE_PATH}/exports/{job}/{act}").status_code == 404


def test_what_belongs_to_one_campaign_has_no_page_in_the_other(
    both: Supporter, owner: Organiser, container: Container
) -> None:
    with container.database.reading() as session:
        first = session.scalars(select(SignatureRow).where(SignatureRow.campaign_id == 1)).all()
        second = session.scalars(select(SignatureRow).where(SignatureRow.campaign_id == 2)).all()
        slug = session.scalars(select(CampaignRow.slug).where(CampaignRow.id == 1)).one()
        letter_ids = {row.signature_id: row.id for row in session.scalars(select(LetterRow))}
    bases = (CONSOLE_PATH, OTHER) if slug in CONSOLE_PATH else (OTHER, CONSOLE_PATH)
    for base, rows in zip(bases, (second, first), strict=True):
        (elsewhere,) = {*bases} - {base}
        for row in rows:
            for path in (f"/signatures/{row.id}", f"/letters/{letter_ids[row.id]}"):
                assert owner.get(f"{elsewhere}{path}").status_code == 200
                assert owner.get(f"{base}{path}").status_code == 404
            for act in ("invalidate", "hold", "delete"):
                path = f"{base}/signatures/{row.id}/{act}"
                assert owner.post(path, reason="because").status_code == 404
            for act in ("decide", "message", "print"):
                path = f"{base}/letters/{letter_ids[row.id]}/{act}"
                assert owner.post(path, verdict="drop", reason="because").status_code == 404
            released = owner.post(f"{base}/signatures/release", ids=[str(row.id)], reason="so")
            assert released.status_code == 404


def test_a_change_by_rule_and_news_belong_to_one_campaign(
    both: Supporter, owner: Organiser
) -> None:
    typed = {"kind": "invalidate", "government": "DE", "reason": "made by a script"}
    seen = owner.post(f"{OTHER}/signatures/rules/preview", **typed).text
    assert "2 signatures match" in seen
    owner.post(f"{OTHER}/signatures/rules", **typed, seen="2")
    page = owner.get(f"{OTHER}/signatures/rules").text
    (change,) = re.findall(rf'href="({OTHER}/signatures/rules/[0-9a-f-]{{36}})"', page)
    assert owner.get(change).status_code == 200
    assert owner.get(change.replace(OTHER, CONSOLE_PATH)).status_code == 404
    assert owner.post(f"{change}/stop".replace(OTHER, CONSOLE_PATH), reason="x").status_code == 404
    written = owner.post(f"{OTHER}/news/write", **{"subject-fr": "Bonne nuit", "text-fr": "Oui."})
    mail = path_of(written).partition("?")[0]
    assert mail.startswith(f"{OTHER}/news/")
    assert owner.get(mail).status_code == 200
    for rest in ("", "/change"):
        assert owner.get(f"{mail}{rest}".replace(OTHER, CONSOLE_PATH)).status_code == 404
    assert "Bonne nuit" not in owner.get(f"{CONSOLE_PATH}/news").text


def test_a_person_is_found_over_all_campaigns_and_each_row_says_and_leads_to_its_own(
    both: Supporter, harbour: Supporter, owner: Organiser
) -> None:
    harbour.sign(demands=["slow_ships"])
    page = owner.post(f"{CONSOLE_PATH}/signatures/find", email="testa@example.org").text
    assert "2 found in all campaigns" in page
    for base, name in NAMES.items():
        assert re.search(rf'href="{base}/signatures/[0-9a-f-]{{36}}"', page)
        assert f'data-label="Campaign">{name}</td>' in page


def test_an_id_leads_to_its_signature_whichever_campaign_is_looked_at(
    both: Supporter, owner: Organiser, container: Container
) -> None:
    signature_id = letters_of(container, "harbour-quiet")[0].signature_id
    answer = owner.get(f"{CONSOLE_PATH}/signatures?id={signature_id}")
    assert path_of(answer) == f"{OTHER}/signatures/{signature_id}"


@pytest.mark.parametrize("page", ["counts", "signatures", "letters", "news", "exports"])
def test_an_address_without_a_campaign_leads_to_the_list_or_to_the_one_it_names(
    owner: Organiser, page: str
) -> None:
    assert path_of(owner.get(f"/console/{page}")) == "/console/"
    named = owner.get(
        f"/console/{page}?campaign=harbour-quiet&state=accepted&_scheme=x&_external=1"
    )
    assert path_of(named) == f"{OTHER}/{page}?state=accepted&_scheme=x&_external=1"


def test_a_campaign_that_is_none_has_no_pages(owner: Organiser) -> None:
    for path in ("/console/c/none/", "/console/c/none/letters", "/console/c/%00/counts"):
        assert owner.get(path).status_code == 404
        assert "Page not found" in owner.get(path).text


def test_a_ministry_leads_to_its_letters_of_each_campaign(
    both: Supporter, owner: Organiser
) -> None:
    page = owner.get("/console/recipients/DE/foreign-affairs").text
    for base, name in NAMES.items():
        assert f'<a href="{base}/letters?recipient=DE/foreign-affairs">{name}</a>' in page


def test_a_viewer_sees_the_figures_of_all_and_no_names(
    both: Supporter, container: Container, app: Flask
) -> None:
    viewer = sign_in_organiser(container, app, Role.VIEWER)
    page = viewer.get("/console/").text
    assert f'<a href="{OTHER}/counts">2</a>' in page
    assert "/letters" not in page
    assert "/signatures" not in page


def test_each_campaign_shows_times_in_its_own_zone_and_only_the_log_adds_utc(
    both: Supporter, owner: Organiser
) -> None:
    for console, zone, shown in (
        (CONSOLE_PATH, "Europe/Brussels", "2026-11-02 11:00"),
        (OTHER, "UTC", "2026-11-02 10:00"),
    ):
        page = owner.get(f"{console}/signatures").text
        assert f"Times are in {zone}." in page
        assert f'title="{shown}"' in page
        assert "UTC day" not in page, "a list of signatures counts no days"
    page = owner.get(f"{CONSOLE_PATH}/signatures").text
    assert not re.search(r"\bUTC\b", page)
    signature = min(link for link in links(page) if re.search("signatures/[0-9a-f]{8}-", link))
    reason = {"reason": "asked by telephone"}
    assert owner.post(f"{signature}/invalidate", **reason).status_code == 303
    assert re.search(
        r'>2026-11-02 11:00</time> <span class="utc">\(10:00 UTC\)</span>',
        owner.get(signature).text,
    )


def test_a_time_to_search_for_is_in_the_zone_of_the_times_that_are_shown(
    both: Supporter, owner: Organiser
) -> None:
    for console, within, after in (
        (CONSOLE_PATH, "2026-11-02T11:00", "2026-11-02T11:01"),
        (OTHER, "2026-11-02T10:00", "2026-11-02T10:01"),
    ):
        found = owner.get(f"{console}/signatures?created_from={within}").text
        assert "No matching signatures" not in found
        assert f'value="{within}"' in found
        assert (
            "No matching signatures" in owner.get(f"{console}/signatures?created_from={after}").text
        )


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_time_that_no_other_zone_can_write_is_refused(
    both: Supporter, owner: Organiser, year: str
) -> None:
    page = owner.get(f"{CONSOLE_PATH}/signatures?created_until={year}-12-31T23:59").text
    assert "Enter a time like 2026-11-24 08:30." in page
