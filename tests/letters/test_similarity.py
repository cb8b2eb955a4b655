"""How like others a letter is: said on the preview, remembered at delivery, forgotten with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, func, select

from campaign.letters.rows import SentenceRow

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.supporter import Supporter

OWN = (
    "My neighbour fled from there in winter. She still hears nothing of her brother. "
    "I think of him whenever I read about these talks. Nobody tells her where he is kept. "
    "I would like you to ask about him by name. Then tell us what they said to you. "
    "She has written to many offices already. None of them gave her an answer yet. "
    "Some of us meet every week to write. We shall go on until there is news. "
    "Please think of her when you sit there. It would mean a great deal to us. "
    "Her mother keeps a chair for him. On his birthday they lay the table. "
    "My children ask me where he lives. I do not know what to tell them. "
    "You can ask where I cannot ask. You will sit with those who know. "
    "Her letters come back without a word. The last one went out in spring. "
    "We do not want to wait longer. An answer would help her to sleep. "
    "The town has a small market square. We stand there with candles each month. "
    "People stop and read his name aloud. The mayor came once and listened long. "
    "Pupils have drawn him with a kite. It hangs in the library by the door. "
    "Her hands shake when the post comes. She asks me to read it first. "
    "I have known her for nine years. She never asked for anything before."
)
EVERY = "This is the standard letter."
OF_HER_OWN = "Much of this letter is in your own words."


def preview(supporter: Supporter, **changes: Any) -> str:
    answer = supporter.post(supporter.form(**changes))
    assert answer.status_code == 200
    return answer.text


def remembered(container: Container) -> int:
    with container.database.reading() as session:
        return session.scalar(select(func.count()).select_from(SentenceRow)) or 0


@pytest.mark.parametrize("government", ["IE", "GR", "FR", "AT"])
def test_a_letter_of_the_campaigns_words_only_is_said_to_be_so(
    supporter: Supporter, government: str
) -> None:
    page = preview(supporter, government=government)
    assert EVERY in page
    assert "Two sentences of your own make it stronger" in page


def test_her_own_words_make_it_hers_until_somebody_else_has_used_them(
    supporter: Supporter,
) -> None:
    assert OF_HER_OWN in preview(supporter, paragraph=OWN, demands=["un"])
    supporter.sign(paragraph=OWN, demands=["un"])
    supporter.deliver()
    said = "Others have already written “My neighbour fled from there in winter.” to this office."
    assert said in preview(supporter, paragraph=OWN, demands=["un"])
    assert OF_HER_OWN in preview(supporter, paragraph=OWN, demands=["un"], government="IE")


def test_the_sentence_that_others_have_written_is_named_as_she_wrote_it(
    supporter: Supporter,
) -> None:
    supporter.sign(paragraph="Nobody tells her where he is. I cannot sleep for it!")
    supporter.deliver()
    page = preview(supporter, paragraph="I am new here, today. I CANNOT sleep <for> it!")
    assert "“I CANNOT sleep &lt;for&gt; it!”" in page
    assert "“I am new here" not in page


@pytest.mark.parametrize("body", ["Hi.", "Please do it. Yours, T.", "Do act on this now."])
def test_a_letter_that_says_little_is_not_praised(supporter: Supporter, body: str) -> None:
    form = supporter.form_after_preview() | {"body": body, "step": "preview"}
    page = supporter.post(form).text
    assert "This letter says very little." in page
    assert OF_HER_OWN not in page


def test_her_name_is_nobodys_sentence(supporter: Supporter) -> None:
    assert EVERY in preview(supporter, name="Testa Of The Long Name", town="A Small Town There")


def test_sentences_are_remembered_when_the_letter_is_delivered_and_not_before(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign(paragraph=OWN)
    assert remembered(container) == 0
    supporter.deliver()
    assert remembered(container) == len(OWN.split(". "))


def test_the_campaigns_own_sentences_are_never_remembered(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    supporter.deliver()
    assert len(supporter.letters()) == 1
    assert remembered(container) == 0


def test_what_a_letter_said_is_forgotten_with_it(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(paragraph=OWN)
    supporter.deliver()
    supporter.browser.post(f"{private}/delete")
    assert remembered(container) == 0


def test_one_indexed_query_answers(supporter: Supporter, container: Container) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    form = supporter.form(paragraph=OWN)
    event.listen(container.database.engine, "before_cursor_execute", note)
    supporter.post(form)
    event.remove(container.database.engine, "before_cursor_execute", note)
    assert sum("FROM sentences" in statement for statement in asked) == 1
    assert {index.name for index in SentenceRow.__table__.indexes} == {  # type: ignore[attr-defined]
        "ix_sentences_recipient_hash"
    }


def test_the_table_shows_no_word(supporter: Supporter, container: Container) -> None:
    supporter.sign(paragraph=OWN)
    supporter.deliver()
    with container.database.reading() as session:
        for row in session.scalars(select(SentenceRow)):
            assert len(row.hash) == 32
            assert b"neighbour" not in row.hash
