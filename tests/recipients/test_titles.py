"""The title of whoever heads an office is a line of its address."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from campaign.operations.commands.prepare import load_data
from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import Channel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container
    from tests.supporter import Supporter

HEAD = "recipient,channel,address,source,language\n"


def heading(container: Container, key: str, language: str) -> list[str]:
    with container.database.reading() as session:
        return recipients.get(session, key).heading_in(language)


@pytest.mark.parametrize(
    ("key", "language", "lines"),
    [
        ("GR/foreign-affairs", "el", ["Υπουργείο Εξωτερικών", "Υπουργός Εξωτερικών"]),
        ("FI/justice", "sv", ["Justitieministeriet", "Justitieminister"]),
        ("FI/justice", "fi", ["Oikeusministeriö", "Oikeusministeri"]),
        ("BE/justice", "nl", ["Federale Overheidsdienst Justitie", "Minister van Justitie"]),
        # No German name of it was found, but the minister's title.
        (
            "BE/foreign-affairs",
            "de",
            [
                "SPF Affaires étrangères, Commerce extérieur et Coopération au développement",
                "Minister/in der Auswärtigen Angelegenheiten",
            ],
        ),
        # Its name is Greek for letters in other languages, and so is the title.
        ("GR/foreign-affairs", "en", ["Υπουργείο Εξωτερικών", "Υπουργός Εξωτερικών"]),
        # The Union's High Representative is called by the title already.
        (
            "EU/high-representative",
            "en",
            ["High Representative of the Union for Foreign Affairs and Security Policy"],
        ),
    ],
)
def test_the_title_is_in_the_letters_language_or_else_in_the_names(
    container: Container, key: str, language: str, lines: list[str]
) -> None:
    assert heading(container, key, language) == lines


@pytest.mark.parametrize(
    ("key", "language", "lines"),
    [
        ("BE/justice", "nl", "Waterloolaan 115\n1000 Brussel"),
        ("BE/justice", "fr", "Boulevard de Waterloo 115\n1000 Bruxelles"),
        ("FI/justice", "sv", "PB 25\n00023 STATSRÅDET"),
        ("FI/justice", "fi", "PL 25\n00023 Valtioneuvosto"),
        # The general one is in Dutch, and stays that for letters in other languages.
        ("BE/justice", "en", "Waterloolaan 115\n1000 Brussel"),
        # None was found in Irish, so the one for any language stays.
        ("IE/foreign-affairs", "ga", "Iveagh House, 80 St Stephen’s Green\nDublin 2"),
    ],
)
def test_the_address_is_in_the_letters_language_where_one_was_found(
    container: Container, key: str, language: str, lines: str
) -> None:
    with container.database.reading() as session:
        row = recipients.get(session, key)
        address = row.address_for(Channel.POSTAL, language, live=False)
    assert address is not None
    assert address.value == lines


def test_it_stands_in_the_preview_and_on_paper(supporter: Supporter) -> None:
    shown = supporter.post(supporter.form(government="GR", step="preview")).text
    named = (
        '<span lang="el">Υπουργείο Εξωτερικών</span><br><span lang="el">Υπουργός Εξωτερικών</span>'
    )
    assert named in shown
    data = supporter.browser.post(f"{supporter.sign(government='GR', way='print')}/pdf").data
    printed = PdfReader(BytesIO(data)).pages[0].extract_text()
    assert "Υπουργείο Εξωτερικών\nΥπουργός Εξωτερικών\n" in printed


def test_an_import_brings_another_one_which_stays(
    command: Callable[..., Result], container: Container, tmp_path: Path
) -> None:
    file = tmp_path / "titles.csv"
    file.write_text(f"{HEAD}DE/justice,title,Beispielamt,https://ministry.example,de\n")
    told = command("recipients", "import", str(file), "--yes")
    assert "0 added, 1 changed" in told.output, told.output
    load_data(container)
    assert heading(container, "DE/justice", "de")[1:] == ["Beispielamt"]


def test_a_title_needs_a_language(command: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "titles.csv"
    file.write_text(f"{HEAD}DE/justice,title,Beispielamt,https://ministry.example,\n")
    told = command("recipients", "import", str(file), "--yes")
    assert "line 2: language is empty; type the code of the title’s, such as fr" in str(
        told.exception
    )


def test_a_title_has_to_fit_an_envelopes_window(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "titles.csv"
    file.write_text(f"{HEAD}DE/justice,title,{'x' * 151},https://ministry.example,de\n")
    told = command("recipients", "import", str(file), "--yes")
    assert "line 2: a title stands in an envelope’s window" in str(told.exception)


def test_the_word_before_the_subject_is_that_of_the_language(supporter: Supporter) -> None:
    french = supporter.sign(government="FR", way="print")
    data = supporter.browser.post(f"{french}/pdf").data
    assert re.search(r"\nObjet\s: ", PdfReader(BytesIO(data)).pages[0].extract_text())
