"""Letters on paper: where things stand, in which font, and what is never source."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from babel.dates import format_date
from pypdf import PdfReader

from campaign.campaigns.letter_checks import longest_letter
from campaign.errors import MissingGlyphs
from campaign.printing.renderer import BATCH, PdfRenderer, PrintedLetter
from campaign.recipients.queries import recipients
from campaign.recipients.reference_data import load_reference_data
from campaign.recipients.rules.addresses import Channel
from campaign.settings.settings import BASE_DIR
from tests.clock import START

if TYPE_CHECKING:
    from pypdf import PageObject

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.container import Container
    from campaign.recipients.rows import AddressRow, RecipientRow

EU_24 = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it"),
    *("lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv"),
)
MILLIMETRE = 72 / 25.4
A4 = (210, 297)

LETTER = PrintedLetter(
    language="de",
    sender=("Testa Example", "Example Street 3", "00000 Exampletown"),
    address=("Ministerium für Beispiele", "Beispielstraße 1", "00000 Beispielstadt"),
    date="2. November 2026",
    subject="Ein Beispiel",
    salutation="Sehr geehrte Damen und Herren,",
    body="Erster Absatz.\n\n1. Zweiter Absatz\nmit zwei Zeilen.",
    signature=("Testa Example", "Exampletown"),
)


@pytest.fixture(scope="module")
def pdf_renderer() -> PdfRenderer:
    return PdfRenderer(
        BASE_DIR / "templates" / "printing", BASE_DIR / "campaign" / "data" / "fonts"
    )


def places(page: PageObject) -> list[tuple[str, float, float]]:
    """Return (text, mm from the left, mm from the top) of everything on a page."""
    found: list[tuple[str, float, float]] = []

    def note(text: str, user: list[float], line: list[float], *_: Any) -> None:
        if text.strip():
            left = user[0] * line[4] + user[4]
            bottom = user[3] * line[5] + user[5]
            found.append((text.strip(), left / MILLIMETRE, A4[1] - bottom / MILLIMETRE))

    page.extract_text(visitor_text=note)
    return found


def text_of(made: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages)


def test_a_letter_is_one_sheet_of_a4_with_everything_on_it(pdf_renderer: PdfRenderer) -> None:
    reader = PdfReader(BytesIO(pdf_renderer.render_letter(LETTER)))
    (page,) = reader.pages
    size = (page.mediabox.width / MILLIMETRE, page.mediabox.height / MILLIMETRE)
    assert [round(float(one)) for one in size] == list(A4)
    text = page.extract_text()
    for expected in (*LETTER.address, *LETTER.signature, LETTER.date, LETTER.subject):
        assert expected in text
    assert "1. Zweiter Absatz\nmit zwei Zeilen." in text
    assert reader.metadata is not None
    assert reader.metadata.title == "Ein Beispiel"


def test_the_address_stands_where_an_envelopes_window_shows_it(pdf_renderer: PdfRenderer) -> None:
    """DIN 5008, form B: 20 to 105 mm from the left, 45 to 90 mm from the top."""
    (page,) = PdfReader(BytesIO(pdf_renderer.render_letter(LETTER))).pages
    window = {text for text, left, top in places(page) if 20 < left < 105 and 45 < top < 90}
    assert window == {" · ".join(LETTER.sender), *LETTER.address}


def test_for_a_window_on_the_right_only_the_address_stands_in_it(pdf_renderer: PdfRenderer) -> None:
    """As in France: 110 to 195 mm from the left, 55 to 88 mm from the top."""
    french = replace(LETTER, window_on_the_right=True, sender=(*LETTER.sender, "a", "b", "c", "d"))
    (page,) = PdfReader(BytesIO(pdf_renderer.render_letter(french))).pages
    found = places(page)
    assert {text for text, left, top in found if left > 108 and 52 < top < 92} == {*LETTER.address}
    assert all(left > 111 and 57 < top < 86 for text, left, top in found if text in LETTER.address)
    assert {text for text, left, top in found if left < 110 and top < 55} == {*french.sender}


def test_a_long_address_is_set_smaller_and_nothing_of_it_is_cut_off(
    pdf_renderer: PdfRenderer,
) -> None:
    lines = tuple(
        f"Zeile {number} der langen Beispieladresse im Beispielland" for number in range(6)
    )
    long = replace(LETTER, address=("Ministerium für " + "lange Beispiele " * 6, *lines))
    (page,) = PdfReader(BytesIO(pdf_renderer.render_letter(long))).pages
    window = " ".join(text for text, left, top in places(page) if 20 < left < 105 and 45 < top < 91)
    for line in lines:
        assert line in window
    (date,) = [top for text, _, top in places(page) if text == LETTER.date]
    assert 95 < date < 105


def test_every_recipients_name_title_and_address_stand_in_the_window(
    pdf_renderer: PdfRenderer, container: Container
) -> None:
    """The longest in any language that it reads: nothing of it reaches the date below."""
    with container.database.reading() as session:
        rows = {
            (row.key, language): (
                *row.heading_in(language),
                *(found.value.split("\n") if (found := _postal(row, language)) else ()),
            )
            for row in recipients.list_all(session)
            for language in row.letter_languages
        }
    longest = sorted(rows.values(), key=lambda lines: len("".join(lines)))[-12:]
    for lines in longest:
        letter = replace(LETTER, address=lines)
        (page,) = PdfReader(BytesIO(pdf_renderer.render_letter(letter))).pages
        inside = {top for text, left, top in places(page) if left < 105 and text != LETTER.date}
        assert not [top for top in inside if 91 < top < 96], lines
        window = " ".join(text for text, left, top in places(page) if left < 105 and 45 < top < 91)
        for line in lines:
            assert "".join(line.split()) in "".join(window.split())


def _postal(row: RecipientRow, language: str) -> AddressRow | None:
    return row.address_for(Channel.POSTAL, language, live=False)


def test_only_the_font_that_is_shipped_is_in_the_file(pdf_renderer: PdfRenderer) -> None:
    fonts = set()
    for page in PdfReader(BytesIO(pdf_renderer.render_letter(LETTER))).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            fonts.add(str(font.get_object()["/BaseFont"]).partition("+")[2])
    assert fonts == {"NotoSerif-Regular", "NotoSerif-Bold"}


@pytest.mark.parametrize("language", EU_24)
def test_every_official_language_can_be_printed(pdf_renderer: PdfRenderer, language: str) -> None:
    alphabet = CLDR_LETTERS[language]
    letter = replace(
        LETTER,
        language=language,
        body=f"{alphabet} {alphabet.upper()} „“”«»‚‘’–—… €",
        date=format_date(START.date(), "long", locale=language),
    )
    assert "".join(alphabet.split()) in "".join(text_of(pdf_renderer.render_letter(letter)).split())


def test_every_ministrys_address_can_be_printed(pdf_renderer: PdfRenderer) -> None:
    for recipient in load_reference_data(BASE_DIR / "campaign" / "data").recipients.values():
        pdf_renderer.require_printable(
            replace(LETTER, address=(*recipient.names.values(), *recipient.postal_lines))
        )


@pytest.mark.parametrize(
    ("typed", "named"),
    [("a 漢字 b", "漢字"), ("สวัสดี", "สวัดี"), ("ok 🙂🙂", "🙂"), ("👩\u200d🚀", "👩🚀")],
)
def test_a_character_without_a_glyph_is_named_and_never_printed_as_a_box(
    pdf_renderer: PdfRenderer, typed: str, named: str
) -> None:
    with pytest.raises(MissingGlyphs) as refused:
        pdf_renderer.render_letter(replace(LETTER, body=typed))
    assert set(refused.value.characters) == set(named)


@pytest.mark.parametrize(
    "typed", ["سلام", "שלום", "გამარჯობა", "Բարև", "• ▪ ■ ● ✓ ✔ ☐ ☎ → − ≠ ∞", "❤\ufe0f"]
)
def test_what_the_letters_font_does_not_have_comes_from_the_second_one(
    pdf_renderer: PdfRenderer, typed: str
) -> None:
    made = pdf_renderer.render_letter(replace(LETTER, subject=typed, body=f"{typed} Wort {typed}"))
    for page in PdfReader(BytesIO(made)).pages:
        fonts = page["/Resources"]["/Font"].values()  # type: ignore[index]
        names = {str(font.get_object()["/BaseFont"]).partition("+")[2] for font in fonts}
        assert names <= {"NotoSerif-Regular", "NotoSerif-Bold", "DejaVuSans"}
    assert typed[0] in text_of(made)


@pytest.mark.asvs("1.3.5")
@pytest.mark.parametrize(
    "typed",
    ['#panic("x")', "$x^2$ *bold* _it_ <label> @ref", '`raw` \\ ] } #import "a.typ"', "// no"],
)
def test_what_anybody_typed_is_data_and_stands_there_as_typed(
    pdf_renderer: PdfRenderer, typed: str
) -> None:
    letter = replace(LETTER, body=typed, subject=typed, signature=(typed,), sender=(typed,))
    assert text_of(pdf_renderer.render_letter(letter)).count(typed) == 4


def test_a_letter_a_little_too_long_for_one_page_is_set_smaller_and_a_longer_one_is_not(
    pdf_renderer: PdfRenderer,
) -> None:
    set_in = []
    for lines in range(14, 36):
        body = "\n\n".join(f"Absatz {number}." for number in range(lines))
        pages = PdfReader(BytesIO(pdf_renderer.render_letter(replace(LETTER, body=body)))).pages
        set_in.append((len(pages), size_of("Absatz 0.", pages[0])))
    once_each = list(dict.fromkeys(set_in))
    assert once_each == [(1, 10.5), (1, 10), (1, 9.5), (2, 10.5)]


def size_of(text: str, page: PageObject) -> float:
    """Return the size in points in which a text is set."""
    found = []

    def note(said: str, user: Any, line: list[float], _: Any, size: float) -> None:
        if said.strip() == text:
            found.append(abs(size * line[3]))

    page.extract_text(visitor_text=note)
    return found[0]


@pytest.mark.parametrize("language", EU_24)
def test_the_longest_letter_of_the_shipped_campaign_is_one_page(
    pdf_renderer: PdfRenderer, shipped: Campaign, language: str
) -> None:
    text = longest_letter(shipped, "FR", language)
    letter = replace(
        LETTER, language=language, subject=text.subject, salutation=text.salutation, body=text.body
    )
    assert len(PdfReader(BytesIO(pdf_renderer.render_letter(letter))).pages) == 1


def test_a_long_letter_goes_on_on_numbered_pages(pdf_renderer: PdfRenderer) -> None:
    long = "\n\n".join(f"Absatz {number}. " + "Wort " * 60 for number in range(12))
    reader = PdfReader(BytesIO(pdf_renderer.render_letter(replace(LETTER, body=long))))
    assert len(reader.pages) == 2
    assert reader.pages[0].extract_text().strip().endswith("Wort")
    assert reader.pages[1].extract_text().strip().endswith("Testa Example · 2/2")


def test_many_letters_are_one_file_and_each_begins_a_page(pdf_renderer: PdfRenderer) -> None:
    out = BytesIO()
    letters = [replace(LETTER, subject=f"Brief {number}") for number in range(BATCH * 2 + 1)]
    pdf_renderer.render_letters(iter(letters), out, "Viele", "de")
    pages = PdfReader(out).pages
    assert len(pages) == len(letters)
    for number, page in enumerate(pages):
        assert f"Brief {number}\n" in page.extract_text()


LONG = "\n\n".join(f"Absatz {number}. " + "Wort " * 60 for number in range(12))
SEVERAL = [
    replace(
        LETTER, language="el", sender=("Ελένη",), subject="Ένα", number=1, footer="{page}/{pages}"
    ),
    replace(
        LETTER, body=LONG, subject="Zwei", number=3, footer="Brief 3 · Seite {page} von {pages}"
    ),
    *[replace(LETTER, subject=f"Brief {number}", number=number) for number in range(4, BATCH + 6)],
    replace(LETTER, language="mt", sender=("Ġużeppa Żammit " * 8,), subject="Ħ" * 90),
]


@pytest.fixture(scope="module")
def joined(pdf_renderer: PdfRenderer) -> PdfReader:
    out = BytesIO()
    pdf_renderer.render_letters(SEVERAL, out, "Viele Briefe: Ελλάδα, Ħal", "de")
    return PdfReader(out)


def test_every_letter_of_many_has_a_bookmark_at_its_first_page(joined: PdfReader) -> None:
    outline = [
        (str(one.title), joined.get_destination_page_number(one))  # type: ignore[union-attr,arg-type]
        for one in joined.outline
    ]
    first = [0, 1, *range(3, len(joined.pages))]
    assert outline == list(zip([one.bookmark for one in SEVERAL], first, strict=True))
    assert outline[0] == ("1. Ελένη: Ένα", 0)
    assert outline[-1][0] == f"{SEVERAL[-1].sender[0]}: {'Ħ' * 90}"


def test_a_second_page_says_which_letter_it_belongs_to(joined: PdfReader) -> None:
    ends = [page.extract_text().strip().splitlines()[-1] for page in joined.pages]
    marks = ["1/1", "Brief 3 · Seite 1 von 2", "Brief 3 · Seite 2 von 2"]
    assert ends[:3] == marks
    assert ends[3] == "Exampletown", "a letter by itself has nothing under its first page"


def test_a_file_of_many_has_a_title_a_language_and_tags_for_screen_readers(
    joined: PdfReader,
) -> None:
    """What PDF/UA asks for: a title that is shown, and everything in a tree in reading order."""
    assert joined.metadata is not None
    assert joined.metadata.title == "Viele Briefe: Ελλάδα, Ħal"
    catalogue: Any = joined.root_object
    assert catalogue["/Lang"] == "de"
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    headings = [pages_of(one) for one in elements(joined) if one["/S"] == "/H1"]
    assert headings == [{number} for number in (0, 1, *range(3, len(joined.pages)))]
    assert "el" in {one.get("/Lang") for one in elements(joined)}


def test_each_page_of_many_finds_its_own_words_in_the_tree(joined: PdfReader) -> None:
    tree: Any = joined.root_object["/StructTreeRoot"]
    by_page = dict(zip(*[iter(tree["/ParentTree"]["/Nums"])] * 2, strict=True))
    assert list(by_page) == [page["/StructParents"] for page in joined.pages]
    for number, holders in by_page.items():
        said = [pages_of(one.get_object()) for one in holders.get_object()]
        assert said
        assert all(number in pages for pages in said)


def pages_of(element: Any) -> set[int]:
    """Return the numbers of the pages that an element, or what is in it, stands on."""
    if not isinstance(element, dict):
        return set()
    own = {int(element["/Pg"]["/StructParents"])} if "/Pg" in element else set()
    inner: Any = element.get("/K", [])
    kids = inner if isinstance(inner, list) else [inner]
    return own.union(*(pages_of(one.get_object()) for one in kids))


def elements(reader: PdfReader) -> list[Any]:
    """Return the elements of a file's tree in reading order."""
    found: list[Any] = []

    def note(element: Any) -> None:
        if isinstance(element, dict) and "/S" in element:
            found.append(element)
            inner: Any = element.get("/K", [])
            for one in inner if isinstance(inner, list) else [inner]:
                note(one.get_object())

    tree: Any = reader.root_object["/StructTreeRoot"]
    for top in tree["/K"]:
        note(top.get_object())
    return found


CLDR_LETTERS: dict[str, str] = json.loads(
    (Path(__file__).parent / "letters_of_languages.json").read_text(encoding="utf-8")
)
