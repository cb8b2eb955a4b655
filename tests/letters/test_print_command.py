"""`campaign letters print`: one file to post or hand over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pypdf import PdfReader
from sqlalchemy import event, select

from campaign.letters.queries import printable
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container
    from tests.supporter import Supporter


def states(container: Container) -> list[LetterState]:
    with container.database.reading() as session:
        return list(session.scalars(select(LetterRow.state).order_by(LetterRow.id)))


def sign_three(supporter: Supporter, **last: str) -> list[str]:
    """Sign, and confirm only when all mails are there, so that no letter has left."""
    people = [{"email": f"n{number}@example.org"} for number in range(3)] + [last] * bool(last)
    for person in people:
        supporter.submit(**{"government": "GR", "demands": ["un"], **person})
    supporter.deliver()
    done = []
    for mail in supporter.mails():
        answer = supporter.browser.post(mail.link("confirm"))
        done.append(answer.location.replace("/done/", "/private/"))
    return done


def test_queued_letters_to_one_ministry_are_one_file(
    command: Callable[..., Result], supporter: Supporter, container: Container, tmp_path: Path
) -> None:
    sign_three(supporter, email="own@example.org", way="own_mail")
    supporter.submit(email="pending@example.org", government="GR")
    output = tmp_path / "letters.pdf"
    said = command("letters", "print", "--recipient", "EL/foreign-affairs", "--output", str(output))
    assert said.output == f"3 letters to GR/foreign-affairs are in {output}.\n"
    reader = PdfReader(output)
    assert len(reader.pages) == len(reader.outline) == 3
    assert reader.metadata is not None
    assert str(reader.metadata.title).endswith(": EU-China human rights dialogue")
    assert LetterState.PRINTED not in states(container)


def test_no_letter_of_many_asks_the_database_for_its_signature(
    supporter: Supporter, container: Container
) -> None:
    sign_three(supporter)
    asked: list[str] = []
    with container.database.reading() as session:
        event.listen(
            session.connection(), "before_cursor_execute", lambda *call: asked.append(call[2])
        )
        rows = printable.iter_printable(
            session, 1, "GR/foreign-affairs", [LetterState.QUEUED, LetterState.WAITING], 9
        )
        letters = [container.letter_builder.build(session, row) for row in rows]
    assert len(letters) == 3
    assert sum("signatures" in statement for statement in asked) == 1


def test_what_was_marked_as_posted_is_not_sent_by_mail_too(
    command: Callable[..., Result], supporter: Supporter, container: Container, tmp_path: Path
) -> None:
    private, *_ = sign_three(supporter)
    output = str(tmp_path / "letters.pdf")
    said = command(
        "letters", "print", "--recipient", "GR/foreign-affairs", "--mark", "--output", output
    )
    assert "3 of them are not sent by e-mail any more." in said.output
    supporter.deliver()
    assert supporter.letters() == []
    assert states(container) == [LetterState.PRINTED] * 3
    assert "The organisers have printed your letter" in supporter.browser.get(private).text


def test_a_letter_that_cannot_be_printed_is_named_and_the_others_are(
    command: Callable[..., Result], supporter: Supporter, container: Container, tmp_path: Path
) -> None:
    sign_three(supporter, email="odd@example.org", name="漢 Example")
    output = tmp_path / "letters.pdf"
    said = command(
        "letters", "print", "--recipient", "GR/foreign-affairs", "--mark", "--output", str(output)
    )
    assert "is left out: the font has no glyph for: 漢" in said.stderr
    assert "3 letters to GR" in said.stdout
    assert states(container).count(LetterState.PRINTED) == 3
    assert len(PdfReader(output).pages) == 3


def test_without_a_letter_no_file_is_made(command: Callable[..., Result], tmp_path: Path) -> None:
    output = tmp_path / "letters.pdf"
    said = command("letters", "print", "--recipient", "GR/foreign-affairs", "--output", str(output))
    assert said.exit_code == 1
    assert "There is no such letter that can be printed." in said.output
    assert not output.exists()
