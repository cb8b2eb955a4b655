"""A directory is imported as spreadsheets write it, and every fault is a sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from campaign.errors import ContentError
from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import Channel
from campaign.recipients.rules.recipient import recipient_key
from campaign.recipients.verify import AddressCheck
from tests.clock import START
from tests.helpers.verifying import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container

    Import = Callable[[str | bytes], Result]

HEAD = "recipient,channel,address,source\n"
CODES = re.compile(r"\b[a-z]+-(an-)?[a-z]+\b")
SPELT_SO = {"e-mail", "foreign-affairs"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What a file says is read before a database is asked."""
    return sqlite_url


@pytest.fixture
def imported(command: Callable[..., Result], tmp_path: Path) -> Import:
    """Import a file with that content."""

    def run(content: str | bytes) -> Result:
        file = tmp_path / "directory.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return command("recipients", "import", str(file), "--yes")

    return run


def faults(done: Result) -> list[str]:
    assert isinstance(done.exception, ContentError), done.output
    return list(done.exception.faults)


def values(container: Container, government: str, channel: Channel) -> list[str]:
    with container.database.reading() as session:
        rows = recipients.get(session, recipient_key(government)).addresses
        return [row.value for row in rows if row.channel is channel]


SEMICOLONS = (
    "recipient;channel;address;source\n"
    "EL/foreign-affairs;email;desk@ministry.example;its page\n"
    'EL/foreign-affairs;postal;"Made-up Street 1; 00000 Town";its page, read today\n'
)


@pytest.mark.parametrize(
    "content",
    [
        SEMICOLONS,
        SEMICOLONS.replace("\n", "\r\n"),
        "\ufeff" + SEMICOLONS.replace("\n", "\r\n"),
        "sep=;\r\n" + SEMICOLONS,
        SEMICOLONS + ";;;\n\n;;;\n",
        SEMICOLONS.replace("recipient;channel", '"Recipient" ; Channel'),
        SEMICOLONS.replace("1; 00000", "1\n00000"),
        SEMICOLONS.replace("1; 00000", "1\n00000").replace("\n", "\r\n"),
        (
            "recipient\tchannel\taddress\tsource\n"
            'EL/foreign-affairs\temail\tdesk@ministry.example\t"its page"\n'
            "EL/foreign-affairs\tpostal\tMade-up Street 1; 00000 Town\tits page\n"
        ),
        HEAD + "EL/foreign-affairs,email,desk@ministry.example,its page\n"
        "EL/foreign-affairs,postal,Made-up Street 1; 00000 Town,its page\n",
        "sep=,\n" + HEAD + "EL/foreign-affairs,email,desk@ministry.example,its page\n"
        'EL/foreign-affairs,postal,"Made-up Street 1\n00000 Town",its page\n',
    ],
    ids=[
        "semicolons, as Excel writes in most of Europe",
        "line ends of Windows",
        "with a byte order mark",
        "with Excel's own first line",
        "with empty lines",
        "with other spellings of the columns' names",
        "with line breaks in a cell",
        "with line breaks of Windows in a cell",
        "tabs",
        "commas",
        "commas with Excel's own first line",
    ],
)
def test_a_file_is_read_as_spreadsheets_write_it(
    imported: Import, container: Container, content: str
) -> None:
    done = imported(content)
    assert "2 added, 0 changed." in done.output, done.exception
    assert values(container, "GR", Channel.EMAIL) == ["desk@ministry.example"]
    assert "Made-up Street 1\n00000 Town" in values(container, "GR", Channel.POSTAL)


@pytest.mark.parametrize("charset", ["cp1252", "utf-16"])
def test_a_file_in_another_charset_says_how_to_save_it(imported: Import, charset: str) -> None:
    (said,) = faults(
        imported((HEAD + "DE/foreign-affairs,postal,Example Straße 1,its page\n").encode(charset))
    )
    assert "this is not a CSV file in UTF-8" in said
    assert "save it as “CSV UTF-8”" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "DE/foreign-affairs,email,info@example,x",
            (
                "“info@example” is not an e-mail address such as office@ministry.example. The part "
                "after the @-sign is not valid. It should have a period."
            ),
        ),
        (
            "DE/foreign-affairs,email,nobody,x",
            "“nobody” is not an e-mail address such as office@ministry.example.",
        ),
        ("DE/foreign-affairs,email,a@b.example;c@d.example,x", "not an e-mail address such as"),
        (
            "DE/foreign-affairs,email,a\u200b@ministry.example,x",
            "address has invisible characters in it; type it",
        ),
        (
            "DE/foreign-affairs,postal,Town =?utf-8?q?Town?=,x",
            "address has “=?” in it, which mail programs misread;",
        ),
        (
            "DE/foreign-affairs,postal,Stra\u0308\u0301\u0301\u0301\u0301\u0301\u0301e,x",
            "too many accents on one",
        ),
        (
            "DE/foreign-affairs,postal,1;2;3;4;5;6;7,x",
            (
                "“1;2;3;4;5;6;7” is too long for an envelope’s window: a postal address has at "
                "most 6 lines of 60 characters, with ; between them"
            ),
        ),
        (
            "Germany,email,a@ministry.example,x",
            "recipient is an office of a known government, such as DE/foreign-affairs",
        ),
        ("Germany,email,a@ministry.example,x", "not “Germany”"),
        ("DE,Fax,1,x", "postal, person, not “Fax”"),
        ("DE/foreign-affairs,email,,x", "address is empty; type one, or delete the line"),
        (
            "DE/foreign-affairs,email,a@ministry.example,",
            "source is empty; type where the address was found",
        ),
        (
            "DE/foreign-affairs,postal,Example Street 1, 10000 Exampletown,x",
            (
                "this line has 5 cells, and the first one 4. If the address has a comma in it, put "
                'the address in quotation marks, as in "Example Street 1, 10000 Exampletown"'
            ),
        ),
        (
            "DE/foreign-affairs,email,a@ministry.example",
            "this line has 3 cells, and the first one 4: a cell that stays empty needs its comma",
        ),
        (
            'DE/foreign-affairs,postal,"Example "Street" 1",x',
            "the cells cannot be told apart from here on",
        ),
        (
            "DE/foreign-affairs,email,good@ministry.example,x",
            "this is in line 2 too; delete one",
        ),
    ],
)
def test_a_fault_is_a_sentence_with_its_line_and_what_to_type(
    imported: Import, container: Container, line: str, said: str
) -> None:
    good = "DE/foreign-affairs,email,good@ministry.example,x\n"
    (fault,) = faults(imported(HEAD + good + line + "\n"))
    assert fault.startswith("line 3: ")
    assert said in fault
    assert {match[0] for match in CODES.finditer(fault)} <= SPELT_SO, "a code is no sentence"
    assert "good@ministry.example" not in values(container, "DE", Channel.EMAIL)


def test_an_unquoted_postal_address_in_a_semicolon_file_is_explained(imported: Import) -> None:
    (fault,) = faults(imported(SEMICOLONS.replace('"', "")))
    assert fault == (
        "line 3: this line has 5 cells, and the first one 4. If the address has a semicolon in it, "
        'put the address in quotation marks, as in "Example Street 1; 10000 Exampletown"'
    )


def test_all_faults_are_named_at_once_with_the_lines_they_begin_in(imported: Import) -> None:
    found = faults(
        imported(
            "sep=,\n" + HEAD + 'DE/foreign-affairs,postal,"Example Street 1\n10000 Exampletown",x\n'
            "\nDE/foreign-affairs,email,nobody,x\nDE,fax,1,x\nDE/foreign-affairs,email,a@ministry.example\n"
        )
    )
    assert [fault.split(":")[0] for fault in found] == ["line 6", "line 7", "line 8"]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("", "line 1: there is no column “recipient”, “channel”, “address”, “source”; "),
        ("recipient;channel;address", "line 1: there is no column “source”; every file has"),
        ("sep=;\nrecipient;channel;address", "line 2: there is no column “source”"),
        ("recipient,channel,address,source,zone,zone", "line 1: the column “zone” is there twice"),
        ("recipient,channel,address,source,,", "line 1: column 5 has no name"),
        (
            "recipient;channel;address;source;fax",
            (
                "line 1: “fax” is not a column known here: the columns are “recipient”, "
                "“channel”, “address”, “source”, and where wanted “language”, “since”, “per_hour”, "
                "“per_day”, “opens”, “closes”, “zone”"
            ),
        ),
    ],
)
def test_a_wrong_column_is_named_with_those_that_are_known(
    imported: Import, head: str, said: str
) -> None:
    (fault,) = faults(imported(head + "\n"))
    assert fault.startswith(said)


def test_hours_that_do_not_fit_the_ministrys_own_are_named_with_their_line(
    imported: Import, container: Container
) -> None:
    with container.database.writing() as session:
        check = AddressCheck("Tester", "made up")
        verify(session, "DE/foreign-affairs", "desk@ministry.example", check, live=False, now=START)
    head = HEAD.replace("\n", ",opens\n")
    (fault,) = faults(imported(f"{head}DE/foreign-affairs,email,desk@ministry.example,x,23:00\n"))
    assert fault.startswith("line 2: the office would open at 23:00 and close at ")


def test_of_very_many_faults_the_first_are_named(imported: Import) -> None:
    said = faults(imported(HEAD + "DE/foreign-affairs,email,a,b\n" * 150))
    assert len(said) == 101
    assert said[-1].endswith(" more like these")
