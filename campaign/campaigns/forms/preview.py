"""What to show of a draft, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from campaign.campaigns.forms.draft import ParagraphField
from campaign.campaigns.rules.letter import MAX_PARAGRAPH_LENGTH
from campaign.console.forms import NumberField
from campaign.errors import InvalidText
from campaign.language.text import clean_line, clean_paragraphs
from campaign.signatures.rules.signature import Person
from campaign.web.forms import ChoiceField, PageForm, TextField

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN = [
    ("page", "The page"),
    ("letter", "The letter"),
    ("mails", "E-mails to supporters"),
    ("image", "Share image"),
    ("pdf", "The letter on paper (PDF)"),
]

PREFIX = "preview-"
"""Before the names of its fields, which are sent with those of the form that is previewed."""

SAMPLE_NAME = "Sample Supporter"
_MOST_LETTERS = 999


class PreviewForm(PageForm):
    """What is shown, in which language, and whose letter to whom.

    It is sent with a form of the draft, whose fields are carried on unseen.
    """

    show = ChoiceField("Show", choices=SHOWN, default="page")
    language = ChoiceField("Language")
    recipient = ChoiceField("Letter to")
    name = TextField("Supporter’s name", default=SAMPLE_NAME)
    town = TextField("Town", default="Sampleton")
    paragraph = ParagraphField("A paragraph of their own")
    another = TextField()
    number = NumberField("Which of the letters", most=_MOST_LETTERS, invalid="Enter a number.")
    step = TextField()
    bare = TextField()

    def __init__(self) -> None:
        sent = request.form if request.method == "POST" else request.args
        has_any = any(name.startswith(PREFIX) for name in sent)
        super().__init__(formdata=sent if has_any else None, prefix=PREFIX)

    @property
    def shown(self) -> str:
        if self.another.data:
            return "letter"
        return self.show.data if self.show.data in dict(SHOWN) else SHOWN[0][0]

    @property
    def seed(self) -> int:
        """Return the number of the letter to show: the next one if another was asked for."""
        return ((self.number.data or 0) + bool(self.another.data)) % _MOST_LETTERS

    @property
    def person(self) -> Person:
        """Return the made-up supporter; what no letter may have in it is left out."""
        name, town = (_cleaned(clean_line, self[one].data) for one in ("name", "town"))
        return Person(name or SAMPLE_NAME, "sample@example.org", town)

    @property
    def own_paragraph(self) -> str:
        return _cleaned(clean_paragraphs, self.paragraph.data)

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Return the fields of the draft's form, to be sent again with the next preview."""
        own = (PREFIX, "csrf_token")
        return [one for one in request.form.items(multi=True) if not one[0].startswith(own)]


def _cleaned(clean: Callable[[str], str], text: str) -> str:
    try:
        return clean(text[:MAX_PARAGRAPH_LENGTH])
    except InvalidText:
        return ""
