"""A slip of TOML is answered with its file, its line and what to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.campaigns.bundle_editing import edit_bundle, faults_of

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.campaigns.site_words import BundleContext

EXAMPLE = "year-month-day, like 2027-03-31"
NO_DAY = f"there is no such day in the calendar; a date is {EXAMPLE}"

DATES = {
    "31.03.2027": "line 7: write the date as 2027-03-31",
    "31/03/2027": "line 7: write the date as 2027-03-31",
    "03/31/2027": "line 7: write the date as 2027-03-31",
    "2027-3-31": "line 7: write the date as 2027-03-31",
    "2027–03–31": "line 7: write the date as 2027-03-31",
    "2027/03/31": "line 7: write the date as 2027-03-31",
    "31. 3. 2027  # the last day": "line 7: write the date as 2027-03-31",
    "2027-03-31,": "line 7: write the date as 2027-03-31",
    "03.04.2027": "line 7: write the date as 2027-04-03",
    "03/04/2027": "line 7: write the date as 2027-04-03 or 2027-03-04 (year-month-day)",
    "31.02.2027": f"line 7: {NO_DAY}",
    "2027-02-31": f"line 7: {NO_DAY}",
    "31 March 2027": f"line 7: write the date as {EXAMPLE}, and nothing after it",
    "March 2027": f"line 7: write the date as {EXAMPLE}, and nothing after it",
    "2027-03-31 23:59": f"line 7: write the date as {EXAMPLE}, and nothing after it",
    "“2027-03-31”": "line 7: write the date as 2027-03-31, without quotes",
    '"2027-03-31"': "closes_on: write the date as 2027-03-31, without quotes",
    '"31.03.2027"': "closes_on: write the date as 2027-03-31, without quotes",
    '"31 March 2027"': f"closes_on: write the date as {EXAMPLE}, without quotes",
    '"2027-02-31"': f"closes_on: {NO_DAY}",
    "": "line 7: nothing follows =: add the value, or delete the line",
}


@pytest.mark.parametrize(("written", "said"), DATES.items(), ids=DATES)
def test_a_date_as_people_write_it_is_answered_with_what_to_type(
    bundle: Path, known: BundleContext, written: str, said: str
) -> None:
    edit_bundle(bundle, "campaign", "^closes_on = .*", f"closes_on = {written}")
    assert faults_of(bundle, known) == (f"campaign.toml: {said}",)


STRAIGHT = 'use straight quotes (") around a text or a name, instead of'
INSIDE = 'for quotation marks inside it, use curly ones (“ ”) or write \\"'
TITLE = "^title = .*"
SLIPS = {
    "English quotes": (TITLE, "title = “The letter”", f"line 2: {STRAIGHT} “"),
    "German quotes": (TITLE, "title = „The letter“", f"line 2: {STRAIGHT} „"),
    "French quotes": (TITLE, "title = « The letter »", f"line 2: {STRAIGHT} «"),
    "single quotes": (TITLE, "title = ‘The letter’", f"line 2: {STRAIGHT} ‘"),
    "curly quotes in a list": ('"In Example', "“In Example", f"line 8: {STRAIGHT} “"),
    "a curly quote at the end": (TITLE, 'title = "The letter”',
        'line 2: the text is not closed on this line: add " at its end (” does not close it)'),
    "quotes in a text": (TITLE, 'title = "The "big" letter"',
        f"line 2: the text ends before “big”: {INSIDE}"),
    "quotes in a list": ("It would like", 'It "would" like',
        f"line 9: the text ends before “would”: {INSIDE}"),
    "quotes in a table on one line": ('name = "Austria"', 'name = "The "Alps""',
        f"line 50: the text ends before “Alps”: {INSIDE}"),
    "an apostrophe in single quotes": (TITLE, "title = 'It's big'",
        ('line 2: the text ends before “s”: put it in double quotes ("), '
        "or write ’ for an apostrophe inside it")),
    "a text without an end": (TITLE, 'title = "The letter',
        'line 2: the text is not closed on this line: add " at its end'),
    "a text on two lines": (TITLE, 'title = "The\nletter"',
        'line 2: the text is not closed on this line: add " at its end'),
    "a single quote without an end": (TITLE, "title = 'The letter",
        "line 2: the text is not closed on this line: add ' at its end"),
    "three quotes without an end": (TITLE, 'title = """The letter',
        'line 2: the text that starts here is not closed: add """ after it'),
    "a text without quotes": (TITLE, "title = The letter",
        'line 2: put straight quotes (") around the text'),
    "a text that begins with a number": (TITLE, "title = 30 years of noise",
        ("line 2: write a number in digits only, like 30, "
        'and put straight quotes (") around a text')),
    "no =": (TITLE, 'title "The letter"',
        'line 2: there is no = after the name: write name = "text", or put # before a note'),
    "a colon": (TITLE, 'title: "The letter"', "line 2: write = instead of :"),
    "a name of two words": ("^asked_now", "asked now",
        "line 5: the name before = may only contain letters from a to z, digits, - and _"),
    "a name with an accent": ("^asked_now", "ásked_now",
        'line 5: a line starts with a name, as in name = "text", or with [ or #'),
    "a table with an accent": (r"^\[letter]", "[létter]",
        "line 29: a table’s name may only contain letters from a to z, digits, - and _"),
    "a key twice": ("^asked_now", "title",
        "line 5: title appears twice (first on line 2): delete one of them"),
    "a list twice": (r"^\[demand_kinds]", 'retelling = [\n    "x",\n]\n[demand_kinds]',
        "line 14: retelling appears twice (first on line 7): delete one of them"),
    "a table twice": (r"^\[letter.closings]", "[letter.openings]",
        "line 46: [letter.openings] appears twice (first on line 34): delete one of them"),
    "a key twice on one line": ('in = "in Austria"', 'name = "x"',
        "line 50: name appears twice on this line: delete one of them"),
    "no comma in a list": ('hum all night, says the made-up letter.",', 'hum all night."',
        "line 9: a comma is missing between this text and the one before it"),
    "no comma on one line": ('"Austria", in', '"Austria" in',
        "line 50: a comma is missing before “in”"),
    "no { at the beginning": ("^AT = {(.*)}", 'AT = (name = "Austria", in = "in Austria")',
        "line 50: write { before several values with names, and } after them"),
    "no } at the end": ('"in Austria" }', '"in Austria"', "line 50: add } at the end of this line"),
    "no ] at the end": ("^]", "",
        "line 12: the list that starts on line 7 is not closed: add ] after its last text"),
    "no ] and no comma": ('again.",\n]', 'again."\n',
        "line 12: the list that starts on line 7 is not closed: add ] after its last text"),
    "no ] after a table's name": (r"^\[letter]", "[letter",
        "line 29: add ] after the table’s name"),
    "a comma at the end": (TITLE, 'title = "The letter",',
        'line 2: delete what follows " at the end of this line'),
    "two on a line": (TITLE, 'title = "The letter" x = "y"',
        "line 2: “x” belongs on a line of its own"),
    "a backslash": (TITLE, 'title = "The \\letter"',
        "line 2: write two backslashes (\\\\) for each one"),
    "a space from a web page": (TITLE, 'title =\u00a0"The letter"',
        "line 2: there is a special space (U+00A0) in column 8: replace it with an ordinary one"),
    "lines of Windows": (TITLE, 'title = "x"\r\nsummary = “y”', f"line 3: {STRAIGHT} “"),
    "anything else": (TITLE, 'title = "The \x07 letter"',
        "line 2: is not valid TOML (Illegal character '\\x07')"),
}  # fmt: skip


@pytest.mark.parametrize(("pattern", "written", "said"), SLIPS.values(), ids=SLIPS)
def test_a_slip_of_a_beginner_is_answered_with_its_line_and_what_to_type(
    bundle: Path, known: BundleContext, pattern: str, written: str, said: str
) -> None:
    edit_bundle(bundle, "en", pattern, written)
    assert faults_of(bundle, known) == (f"en.toml: {said}",)


def test_a_second_demand_in_single_brackets_is_answered_with_two(
    bundle: Path, known: BundleContext
) -> None:
    edit_bundle(
        bundle, "campaign", r'^\[\[demands]]\nkey = "slow_ships"', '[demands]\nkey = "slow_ships"'
    )
    twice = "[demands] appears twice: delete one of them, or write [[demands]] before each"
    assert faults_of(bundle, known) == (f"campaign.toml: line 22: {twice}",)
