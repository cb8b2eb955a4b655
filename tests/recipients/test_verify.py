"""Several addresses for one recipient: each with its evidence, language and pace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery import pacing
from campaign.delivery.queries.claiming import SitePace
from campaign.errors import ContentError, InvalidText
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import WaitingFor
from campaign.recipients.directory_csv import read_directory_csv
from campaign.recipients.directory_diff import diff_directory
from campaign.recipients.directory_entries import KnownRecipients
from campaign.recipients.directory_import import import_directory
from campaign.recipients.queries import addresses, recipients
from campaign.recipients.rows import AddressRow, ContactReportRow
from campaign.recipients.rules.addresses import AddressStatus, Channel
from campaign.recipients.rules.recipient import recipient_key
from campaign.recipients.verify import AddressCheck
from tests.clock import START
from tests.helpers.digests import csv_rows
from tests.helpers.verifying import mark_wrong, verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

CHECK = AddressCheck("Tester", "made up")
HEAD = "recipient,channel,address,source,language,per_hour,per_day,opens,closes,zone\n"


def written(tmp_path: Path, *lines: str, head: str = HEAD) -> Path:
    path = tmp_path / "directory.csv"
    path.write_text(head + "".join(f"{line}\n" for line in lines))
    return path


def known(container: Container, government: str) -> list[AddressRow]:
    with container.database.reading() as session:
        return list(recipients.get(session, recipient_key(government)).addresses)


def test_a_letter_goes_to_the_address_for_its_language(
    live: tuple[Supporter, Container], clock: Clock
) -> None:
    supporter, container = live
    with container.database.writing() as session:
        for language in ("fr", "nl", ""):
            email = f"desk-{language or 'all'}@ministry.example"
            verify(
                session,
                "BE/foreign-affairs",
                email,
                CHECK,
                live=True,
                now=clock(),
                language=language,
            )
    supporter.sign(government="BE", letter_language="fr")
    supporter.sign(government="BE", letter_language="de", email="second@example.org")
    clock.advance(hours=1)
    supporter.deliver()
    clock.advance(hours=1)
    supporter.deliver()
    assert sorted((one.to, one.message["Content-Language"]) for one in supporter.letters()) == [
        ("desk-all@ministry.example", "de"),
        ("desk-fr@ministry.example", "fr"),
    ]


def test_a_daily_mail_has_the_letters_that_go_to_its_address_only(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    with container.database.writing() as session:
        for language in ("fr", "de"):
            email = f"desk-{language}@ministry.example"
            verify(
                session,
                "BE/foreign-affairs",
                email,
                CHECK,
                live=False,
                now=clock(),
                language=language,
            )
        pacing.set_digest(session, "BE/foreign-affairs", on=True, by="Test", now=START)
    for number, language in enumerate(("fr", "de", "fr")):
        supporter.submit(
            government="BE", letter_language=language, email=f"testa{number}@example.org"
        )
    while len(supporter.mails()) < 3:
        supporter.worker.step()
    for mail in supporter.mails():
        supporter.browser.post(mail.link("confirm"))
    supporter.deliver()
    assert sorted(mail.to for mail in supporter.daily_mails()) == [
        "desk-de@ministry.example",
        "desk-fr@ministry.example",
    ]
    for mail in supporter.daily_mails():
        language = mail.to[5:7]
        assert {row["language"] for row in csv_rows(mail)} == {language}
        assert mail.message["Content-Language"] == language


def test_an_address_found_to_be_wrong_makes_live_letters_wait(
    live: tuple[Supporter, Container], clock: Clock
) -> None:
    supporter, container = live
    with container.database.writing() as session:
        verify(session, "DE/foreign-affairs", "old@ministry.example", CHECK, live=True, now=clock())
    supporter.sign()
    with container.database.writing() as session:
        mark_wrong(
            session, "DE/foreign-affairs", "old@ministry.example", CHECK, live=True, now=clock()
        )
    supporter.deliver()
    assert supporter.letters() == []
    with container.database.reading() as session:
        assert list(session.scalars(select(LetterRow.waiting_for))) == [WaitingFor.VERIFIED_ADDRESS]
    with container.database.writing() as session:
        verify(session, "DE/foreign-affairs", "new@ministry.example", CHECK, live=True, now=clock())
    supporter.deliver()
    assert [letter.to for letter in supporter.letters()] == ["new@ministry.example"]
    assert {row.value: row.status for row in known(container, "DE") if row.channel == "email"} == {
        "old@ministry.example": AddressStatus.WRONG,
        "new@ministry.example": AddressStatus.VERIFIED,
    }


def test_an_address_may_have_a_pace_of_its_own(container: Container, clock: Clock) -> None:
    with container.database.writing() as session:
        verify(
            session,
            "BE/foreign-affairs",
            "slow@ministry.example",
            CHECK,
            live=True,
            now=clock(),
            language="fr",
        )
        pacing.set_pace(
            session,
            "BE/foreign-affairs",
            pacing.PaceChange(per_hour=2, zone="Europe/Lisbon"),
            "Test",
            START,
            "slow@ministry.example",
        )
        row = recipients.get(session, "BE/foreign-affairs")
    limits = SitePace(live=True, per_hour=30).limits_for(row, "fr")
    assert (limits.per_hour, limits.zone) == (2, "Europe/Lisbon")
    with pytest.raises(InvalidText), container.database.writing() as session:
        pacing.set_pace(
            session,
            "BE/foreign-affairs",
            pacing.PaceChange(per_hour=2),
            "Test",
            START,
            "other@ministry.example",
        )


def known_to(container: Container) -> KnownRecipients:
    reference = container.reference
    return KnownRecipients(reference.recipients, reference.governments)


def test_an_import_shows_the_difference_asks_and_verifies_nothing(
    container: Container, command: Callable[..., Result], tmp_path: Path
) -> None:
    file = written(
        tmp_path,
        "EL/foreign-affairs,email,Desk@Ministry.Example,https://ministry.example/contact,el,10,,08:30,,",
        'GR/foreign-affairs,postal,"Made-up Street 1; 00000 Town",https://ministry.example/contact,,,,,,',
    )
    refused = command("recipients", "import", str(file))
    assert (
        "+ GR/foreign-affairs  email     Desk@ministry.example [el]  (https://ministry.example"
        in refused.output
    )
    assert "Take this over?" in refused.output
    assert refused.exit_code == 1
    assert all("made-up" not in row.value.lower() for row in known(container, "GR"))
    done = command("recipients", "import", str(file), "--yes")
    assert "2 added, 0 changed." in done.output
    (email,) = (row for row in known(container, "GR") if row.channel is Channel.EMAIL)
    assert (email.status, email.per_hour, email.checked_on) == (AddressStatus.KNOWN, 10, None)
    again = command("recipients", "import", str(file), "--yes")
    assert "2 are the same" in again.output
    assert "There is nothing to change." in again.output
    changed = written(
        tmp_path,
        "GR/foreign-affairs,email,Desk@ministry.example,https://ministry.example/new,el,,,,,",
    )
    said = command("recipients", "import", str(changed), "--yes").output
    assert "    source: https://ministry.example/contact -> https://ministry.example/new" in said
    assert "per_hour" not in said, "an empty cell says nothing"


def test_an_import_leaves_what_a_person_has_checked(
    container: Container, clock: Clock, tmp_path: Path
) -> None:
    with container.database.writing() as session:
        verify(
            session, "DE/foreign-affairs", "desk@ministry.example", CHECK, live=True, now=clock()
        )
    file = written(
        tmp_path,
        "DE/foreign-affairs,email,desk@ministry.example,https://elsewhere.example,fr,5,,,,",
    )
    entries = read_directory_csv(file, known_to(container))
    with container.database.writing() as session:
        (changed,) = diff_directory(session, entries).changed
        assert changed.values == {"per_hour": (None, 5)}
        import_directory(session, entries, "Test", START)
    (row,) = (row for row in known(container, "DE") if row.channel is Channel.EMAIL)
    assert (row.status, row.checked_by) == (AddressStatus.VERIFIED, "Tester")
    assert (row.source, row.language) == ("Tester: made up", "")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "XX/foreign-affairs,email,a@ministry.example,x,,,,,,",
            "recipient is an office of a known government, such as ",
        ),
        ("DE,fax,123,x,,,,,,", "postal, person, not “fax”"),
        (
            "DE/foreign-affairs,email,nonsense,x,,,,,,",
            "“nonsense” is not an e-mail address such as ",
        ),
        ("DE/foreign-affairs,email,a@ministry.example,,,,,,,", "source is empty; type where"),
        ("DE/foreign-affairs,email,,x,,,,,,", "address is empty; type one"),
        (
            "DE/foreign-affairs,email,a@ministry.example,x,,0,,,,",
            "per_hour is a number from 1 to 3600",
        ),
        (
            "DE/foreign-affairs,email,a@ministry.example,x,,,,25:00,,",
            "opens is an hour such as 08:30",
        ),
        (
            "DE/foreign-affairs,email,a@ministry.example,x,,,,,,Mars",
            "zone is a name such as Europe/Athens",
        ),
        (
            "DE/foreign-affairs,email,a@ministry.example,x,,,,08:30+02:00,,",
            "opens is an hour such as 08:30",
        ),
        (
            "DE/foreign-affairs,email,a@ministry.example,x,french,,,,,",
            "language is a code such as fr",
        ),
        (
            "DE/foreign-affairs,email,a@ministry.example,x,zz,,,,,",
            "language is a code such as fr",
        ),
        ("DE/foreign-affairs,postal,; ;,x,,,,,,", "address is empty; type one"),
        (
            "DE/foreign-affairs,email,a@ministry.example,x",
            "this line has 4 cells, and the first one 10",
        ),
        (
            "DE/foreign-affairs,email,a@ministry.example,x,,,,,,,,more",
            "this line has 12 cells, and the first one 10",
        ),
        (
            "DE/foreign-affairs,email,a\u202e@ministry.example,x,,,,,,",
            "address has invisible characters",
        ),
    ],
)
def test_a_faulty_line_is_named_and_nothing_is_taken_over(
    container: Container, command: Callable[..., Result], tmp_path: Path, line: str, said: str
) -> None:
    good = "DE/foreign-affairs,email,good@ministry.example,x,,,,,,"
    answer = command("recipients", "import", str(written(tmp_path, good, line)), "--yes")
    assert isinstance(answer.exception, ContentError)
    assert str(answer.exception).startswith("line 3: ")
    assert said in str(answer.exception)
    assert all(row.value != "good@ministry.example" for row in known(container, "DE"))


@pytest.mark.asvs("5.2.2")
def test_a_file_without_the_columns_or_with_others_is_refused(
    container: Container, tmp_path: Path
) -> None:
    with pytest.raises(ContentError) as error:
        read_directory_csv(written(tmp_path, head="land,address\n"), known_to(container))
    missing, unknown = error.value.faults
    assert missing.startswith("line 1: there is no column “recipient”, “channel”, “source”; ")
    assert unknown.startswith("line 1: “land” is not a column known here: the columns are ")
    assert "“recipient”, “channel”, “address”, “source”, and where wanted “language”" in unknown
    path = tmp_path / "noise.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ContentError):
        read_directory_csv(path, known_to(container))


def test_a_supporter_can_say_that_the_contact_is_wrong_and_no_letter_stops(
    supporter: Supporter, container: Container, command: Callable[..., Result], clock: Clock
) -> None:
    page = supporter.sign(government="FR")
    assert "address is wrong</summary>" in supporter.browser.get(page).text
    for _ in range(2):
        answer = supporter.browser.post(f"{page}/report", data={"report": "It moved. Look there."})
        assert answer.status_code == 303
    assert "You told us" in supporter.browser.get(page).text
    held = supporter.browser.post(f"{page}/download").get_json()
    assert held["letters"][0]["reported_contact"] == "It moved. Look there."
    supporter.deliver()
    assert len(supporter.letters()) == 1
    (call,) = supporter.mails("contact@example.org")
    assert "A supporter says that an address of" in call.message["Subject"]
    assert "It moved" not in call.text
    assert "It moved. Look there." in command("recipients", "reports", "FR/foreign-affairs").output
    assert "1 reports that a contact is wrong" in command("recipients", "list").output
    with container.database.writing() as session:
        verify(
            session, "FR/foreign-affairs", "desk@ministry.example", CHECK, live=False, now=clock()
        )
    assert command("recipients", "reports", "FR/foreign-affairs").output == ""


def test_reports_of_a_day_make_one_mail(supporter: Supporter) -> None:
    for number in range(3):
        page = supporter.sign(government="FR", email=f"testa{number}@example.org")
        supporter.browser.post(f"{page}/report", data={"report": "wrong"})
    supporter.deliver()
    assert len(supporter.mails("contact@example.org")) == 1


@pytest.mark.parametrize("words", ["", "\u202e", "x" * 501, "a" + "\u0316" * 5])
def test_a_report_that_cannot_be_kept_is_refused_at_its_field(
    supporter: Supporter, words: str
) -> None:
    page = supporter.sign()
    answer = supporter.browser.post(f"{page}/report", data={"report": words})
    assert answer.status_code == 422
    assert 'id="report"' in answer.text


def test_deleting_everything_deletes_what_she_reported(
    supporter: Supporter, container: Container
) -> None:
    page = supporter.sign()
    supporter.browser.post(f"{page}/report", data={"report": "wrong"})
    supporter.browser.post(f"{page}/delete")
    with container.database.reading() as session:
        assert list(session.scalars(select(ContactReportRow.sealed))) == [None]


def test_a_start_takes_a_reference_address_back_unless_somebody_checked_it(
    container: Container,
) -> None:
    with container.database.writing() as session:
        row = recipients.get(session, "DK/foreign-affairs")
        reference = container.reference.recipients[recipient_key("DK")]
        session.add(
            AddressRow(
                recipient="DK/foreign-affairs",
                channel=Channel.EMAIL,
                value="older@ministry.example",
                source="an older file",
                from_reference=True,
            )
        )
        session.flush()
        session.refresh(row)
        addresses.sync_reference_addresses(row, reference)
    assert "older@ministry.example" not in {one.value for one in known(container, "DK")}
