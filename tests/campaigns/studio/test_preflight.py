"""Before a publication: what changes, what is in the way, and what happens otherwise."""

from __future__ import annotations

import hashlib
import re
import textwrap
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from campaign.campaigns.draft_changes import mark_words
from campaign.mail.dns_lookup import DnsUnavailable
from campaign.mail.dns_policy import Severity
from campaign.operations.queries import sender_check
from campaign.operations.sender_check import SenderChecker
from tests.helpers.studio import (
    CORRECTED,
    GERMAN,
    HARBOURS,
    LETTER,
    RIVERS,
    add_german,
    base_of,
    preflight_lines,
    publish,
    save,
    values_of,
)

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.organiser import Organiser

pytestmark = pytest.mark.usefixtures("rivers")


PUBLICATION = f"{RIVERS}/publication"


def test_what_is_ready_and_what_follows_from_the_rest_is_said(owner: Organiser) -> None:
    save(owner, LETTER, closes_on="2999-01-31")
    found = preflight_lines(owner)
    assert found["Languages"] == ("ready", "Complete: English. See languages")
    assert found["Dates"][0] == "ready"
    assert "until 2999-01-31" in found["Dates"][1]
    assert found["Recipients"][0] == "warning"
    assert "27 governments have no office with a verified address" in found["Recipients"][1]
    assert "saved as files. Ask whoever runs the server" in found["Sender"][1]
    assert "“Example Operator” is made up" in found["Who runs it"][1]
    assert found["The page"][0] == "ready"
    size = int(found["The page"][1].partition(" ")[0])
    assert 8 < size < 35


def test_each_fault_leads_to_the_field_that_mends_it(owner: Organiser) -> None:
    add_german(owner)
    save(owner, GERMAN, **{"title": "", "demands.measure.text": "Misst, was $hier steht."})
    save(owner, LETTER, summary="", operator_contact="nobody")
    save(owner, f"{RIVERS}/draft/demands", **{"text-measure": ""})
    page = owner.get(PUBLICATION).text
    (faults,) = re.findall(r"It cannot be published yet\..*?</ul>", page, re.DOTALL)
    addresses = [urlsplit(unescape(url)) for url in re.findall(r'href="([^"]+)"', faults)]
    assert {(one.path, one.fragment) for one in addresses} == {
        (GERMAN, "title"),
        (GERMAN, "demands.measure.text"),
        (LETTER, "summary"),
        (LETTER, "operator"),
        (LETTER, "operator_address"),
        (LETTER, "operator_contact"),
        (f"{RIVERS}/draft/demands", "text-measure"),
    }
    for one in addresses:
        assert f' id="{one.fragment}"' in owner.get(one.path).text


def test_a_day_that_has_passed_is_in_the_way_of_a_first_publication(owner: Organiser) -> None:
    version = base_of(owner.get(PUBLICATION))
    save(owner, LETTER, closes_on="2020-01-31")
    assert preflight_lines(owner)["Dates"][0] == "blocks"
    page = owner.get(PUBLICATION).text
    assert "Publish now" not in page
    version = str(int(base_of(owner.get(LETTER))))
    refused = owner.post(f"{PUBLICATION}/publish", version=version)
    assert refused.status_code == 409
    assert "Nothing is published" in owner.get(PUBLICATION).text


def test_a_letter_that_is_over_can_still_be_corrected(owner: Organiser) -> None:
    publish(owner, RIVERS)
    save(owner, LETTER, closes_on="2020-01-31", title="Let our rivers run cleanly")
    assert preflight_lines(owner)["Dates"][0] == "warning"
    assert publish(owner, RIVERS, **CORRECTED).status_code == 303


def test_translations_that_are_older_are_pointed_out(owner: Organiser) -> None:
    add_german(owner)
    assert "no native speaker has read the words yet" in preflight_lines(owner)["Languages"][1]
    save(owner, LETTER, title="Let every river run clean")
    level, text = preflight_lines(owner)["Languages"]
    assert level == "warning"
    assert "German: some texts changed after they were translated." in text


def test_a_heavy_page_is_pointed_out(owner: Organiser) -> None:
    texts = [hashlib.shake_256(bytes([number])).hexdigest(400) for number in range(60)]
    text = "\r\n\r\n".join(" ".join(textwrap.wrap(one, 8)) for one in texts)
    assert save(owner, LETTER, text=text).status_code == 303
    level, said = preflight_lines(owner)["The page"]
    assert (level, "slow on a phone" in said) == ("warning", True)


def check_sender(container: Container, records: dict[tuple[str, str], list[str]] | None) -> None:
    """Check a domain with these records; None if no name server answers."""

    def lookup(name: str, kind: str) -> list[str]:
        if records is None:
            raise DnsUnavailable("Timeout")
        return records.get((name, kind), [])

    SenderChecker(
        container.database,
        container.keyring,
        "example.org",
        container.clock,
        is_needed=True,
        lookup=lookup,
    ).check()


@pytest.mark.both_databases
def test_the_worker_checks_the_senders_records_every_few_hours(
    container: Container, clock: Clock
) -> None:
    check_sender(container, {("example.org", "TXT"): ["v=spf1 mx -all"]})
    with container.database.reading() as session:
        first = sender_check(session, "example.org")
    assert first is not None
    found = {subject: level for level, subject, _ in first.findings}
    assert found["SPF"] == Severity.OK
    assert found["DMARC"] != Severity.OK
    clock.advance(hours=1)
    check_sender(container, {})
    with container.database.reading() as session:
        again = sender_check(session, "example.org")
    assert again is not None
    assert again.checked_at == first.checked_at
    clock.advance(hours=6)
    check_sender(container, {})
    with container.database.reading() as session:
        later = sender_check(session, "example.org")
    assert later is not None
    found = {subject: level for level, subject, _ in later.findings}
    assert found["SPF"] != Severity.OK


def test_a_name_server_that_does_not_answer_is_no_fault_of_the_worker(
    container: Container,
) -> None:
    check_sender(container, None)
    with container.database.reading() as session:
        found = sender_check(session, "example.org")
    assert found is not None
    assert "DNS does not answer" in found.findings[0][2]


def test_what_changes_is_shown_side_by_side_in_each_language(owner: Organiser) -> None:
    draft = f"{HARBOURS}/draft"
    assert "No changes: the draft matches" in owner.get(f"{draft}/changes").text
    french = values_of(owner.get(f"{draft}/words/fr"))
    save(owner, f"{draft}/words/fr", title=french["title"] + " maintenant")
    save(owner, f"{draft}/letter", goal="5000")
    page = owner.get(f"{draft}/changes").text
    assert "<h2>French</h2>" in page
    assert "<h3>Title</h3>" in page
    assert "<ins> maintenant</ins>" in page
    assert "<h2>Dates and settings</h2>" in page
    assert "<h3>Goal</h3>" in page
    summary = owner.get(f"{HARBOURS}/publication").text
    assert "Dates and settings (1), French (1)" in summary


def test_any_version_is_compared_with_the_draft(owner: Organiser) -> None:
    before = base_of(owner.get(LETTER))
    save(owner, LETTER, title="Let our waters run clean")
    page = owner.get(f"{RIVERS}/draft/changes?since={before}").text
    assert "<del>rivers</del>" in page
    assert "<ins>waters</ins>" in page
    save(owner, f"{RIVERS}/draft/recipients", union="EEA", office1="justice", to="each")
    page = owner.get(f"{RIVERS}/draft/changes?since={before}").text
    for name in ("The countries of the European Economic Area", "Justice", "Each of them, with a"):
        assert name in page, "what is chosen has its name, and not its key"
    assert owner.get(f"{RIVERS}/draft/changes?since=999").status_code == 404
    assert "Nothing is published yet." in owner.get(f"{RIVERS}/draft/changes").text


def test_long_texts_are_compared_line_by_line() -> None:
    lines_of = [f"{number} " * 90 for number in range(100)]
    changed = [*lines_of[:50], "another line", *lines_of[51:]]
    before, after = mark_words("\n".join(lines_of), "\n".join(changed))
    assert [run.text for run in after if run.changed] == ["another line\n"]
    assert "".join(run.text for run in before) == "\n".join(lines_of)


def test_a_name_server_that_did_not_answer_is_asked_again_soon(
    owner: Organiser, container: Container, clock: Clock
) -> None:
    check_sender(container, None)
    clock.advance(minutes=11)
    check_sender(container, {("example.org", "TXT"): ["v=spf1 mx -all"]})
    with container.database.reading() as session:
        found = sender_check(session, "example.org")
    assert found is not None
    assert "DNS does not answer" not in str(found.findings)
