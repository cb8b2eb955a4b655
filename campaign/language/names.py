"""Names of people and places: names of any language are accepted, links are not.

Names appear in public lists, in From headers and under letters, where a URL, a host or a phone
number would be an advertisement. A list of top-level domains cannot tell that `t.me` is a host and
`Dr.No` a person (`.no` is Norway's, `.weber` is a company's), so this depends on the text around
the dot: if no space follows it, only an initial or a known abbreviation may precede it, and what
follows must be written like a name. Anybody whose name is wrongly refused can put a space after
the dot, as the error message says; no program makes a link of that.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from campaign.errors import InvalidText
from campaign.language.text import clean_line

_DIGITS_IN_NAME = 3
_DIGITS_IN_TOWN = 7
"""Digits of a postcode: Portugal's has seven."""

# What people or programs take for a dot between labels: IDNA's dots (UTS #46, section 4) that NFKC
# does not change, and lookalikes (UTS #39, confusables of U+002E).
_DOTS = dict.fromkeys(map(ord, "\u3002\u0701\u0702\ua4f8\ua60e\U00010a50\U0001d16d"), ".")
_NO_LETTERS = frozenset({"Mn", "Mc", "Me", "Cf"})
"""Combining marks and invisible characters."""
_SIGNS = ("@", "//", "\\")

# Top-level domains that are not names, even after an initial: x.com.
_ENDINGS = frozenset(
    """
    arpa biz com edu gov info int mil mobi net online org shop site xyz
    """.split()  # noqa: SIM905 - a list that people read
)
# Abbreviations that precede a dot in names and towns, apart from single letters.
_ABBREVIATIONS = frozenset(
    """
    abg agr alb arch art av bc cand chr co csc cs dent dgn dipl dkfm doc dott dr dra dres drs ds
    dzs ed emer eng esc est ev fam fil fr frl gb geo gr gy hab hl hll hr iur jr jur kfm kl kom ks
    lekt lic lj ll ly mag mba med mep mgr min mld mme mlle mr mrs ms msgr mt mudr mvdr nat nb nd nj
    ny ob ot pd ph phd phdr phil phmr prim priv prof pt rer rndr rev sc sen sig sr sra srta ss ssa
    st sta ste sto stud sv sz tech th thdr thlic ty univ unt vet wm zs ing inž ir id ifj özv dž đ
    бл г г-жа г-н д-р доц инж акад арх адв ст св проф чл
    αγ αν δρ επ καθ κα κος π στρ
    """.split()  # noqa: SIM905, RUF001 - a list that people read, in three scripts
)
# Particles that a surname begins with, and the ending of Italian titles for women.
_PARTICLES = frozenset(
    """
    auf dal das dei del della den der des dos nic ssa ten ter uí van vom von zum zur
    """.split()  # noqa: SIM905 - a list that people read
)
_AT_THE_EDGE = "-\u2013'\u2019\u02bc`\"\u201c\u201d\u201e\u00ab\u00bb!?*_"
_BETWEEN = re.compile(r"[,;/&+()\[\]{}<>|]")
_PARTS = re.compile("['\u2019\u02bc`-]")
# Capital initials and a two-letter particle, even if that is also a country-code domain.
_BEFORE_SURNAME = re.compile(r"(?:[^\W\d_]\.)+(?:af|av|da|de|di|do|du|el|la|le|lo|zu)")
_DOT_RUN = re.compile(r"\.+")
# A dot with a space before it, or in brackets: an obfuscated address.
_LOOSE_DOT = re.compile(r"^\.(?:[^.]|$)|[\[({<]\.")
_SHORTEST_SCHEME = 3
_COUNTRY_CODE = 2
_ORDINAL = 2


def clean_name(text: str) -> str:
    """Return a person's name in the form to be stored; raise InvalidText if unacceptable.

    Names may be in any script, of one word or many, with hyphens, apostrophes, titles and
    initials.
    """
    return _clean(text, _DIGITS_IN_NAME, "no-letter")


def clean_town(text: str) -> str:
    """Return a place's name, possibly with its postcode, in the form to be stored.

    Raise InvalidText if it is not acceptable.
    """
    return _clean(text, _DIGITS_IN_TOWN, "no-letter-in-town")


def _clean(text: str, digits: int, without_letter: str) -> str:
    kept = clean_line(text)
    if kept and not any(unicodedata.category(character)[0] == "L" for character in kept):
        raise InvalidText(without_letter)
    if _leads_elsewhere(kept, digits):
        raise InvalidText("link-in-name")
    return kept


def _leads_elsewhere(text: str, digits: int) -> bool:
    read = _as_read(text)
    if any(sign in read for sign in _SIGNS) or _count_digits(read) > digits:
        return True
    words = read.split()
    return any(
        _is_link(word, after) or (word.endswith(".") and _bare(after).casefold() in _ENDINGS)
        for word, after in pairwise([*words, ""])
    )


def _as_read(text: str) -> str:
    """Return a text as it looks: NFKC, with one kind of dot and nothing invisible."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text).translate(_DOTS)
    return "".join(one for one in plain if unicodedata.category(one) not in _NO_LETTERS)


def _count_digits(text: str) -> int:
    return sum(unicodedata.digit(character, None) is not None for character in text)


def _is_link(word: str, after: str) -> bool:
    """Return whether a word is a URL, has a scheme, or is a host.

    `after`: the next word, which shows that J.de Vries is not a host in Germany.
    """
    if _bare(word).casefold().startswith("www"):
        return True
    if any(_names_scheme(*pair) for pair in pairwise(word.split(":"))):
        return True
    begins_name = word[0].isupper() and after[:1].isupper() and _BEFORE_SURNAME.fullmatch(word)
    if "." not in word or begins_name:
        return False
    pieces = [_bare(piece) for piece in _BETWEEN.split(word)]
    return bool(_LOOSE_DOT.search(word)) or any(_is_host(_DOT_RUN.split(piece)) for piece in pieces)


def _bare(piece: str) -> str:
    return piece.strip(_AT_THE_EDGE)


def _names_scheme(before: str, after: str) -> bool:
    """Return whether a colon ends a scheme, as in tel:112; Sweden's S:t means "Saint"."""
    end = before[-_SHORTEST_SCHEME:]
    return bool(after) and len(end) == _SHORTEST_SCHEME and end.isalpha()


def _is_host(labels: list[str]) -> bool:
    """Return whether the labels of a dotted text make a host name."""
    closed = not labels[-1]
    labels = [_bare(label) for label in labels if label]
    if len(labels) < 2:  # noqa: PLR2004 - a dot has two sides
        return False
    *heads, last = labels
    if not all(map(_is_short, heads)):
        return True
    # Saints have names, too: St.Info may be one, but x.com and ST.INFO are hosts.
    is_named = heads[-1].casefold() in _ABBREVIATIONS and last.istitle()
    if last.casefold() in _ENDINGS and not is_named:
        return True
    return not _ends_a_name(heads, _PARTS.split(last)[0], closed=closed)


def _is_short(label: str) -> bool:
    """Return whether a label is an initial, an ordinal or a known abbreviation."""
    end = _PARTS.split(label)[-1]
    return (
        (len(end) == 1 and end.isalpha())
        or (end.isdecimal() and len(end) <= _ORDINAL)
        or end.casefold() in _ABBREVIATIONS
        or label.casefold() in _ABBREVIATIONS
    )


def _ends_a_name(heads: list[str], last: str, *, closed: bool) -> bool:
    """Return whether initials and abbreviations are followed by a name, or by one more of them.

    Two letters after an initial are a country-code domain (t.me), and lower-case ones any domain.
    """
    if not last.isalpha():
        return False
    if len(last) == 1 or last in _PARTICLES:
        return True
    known = [one.casefold() in _ABBREVIATIONS for one in (*heads, last)]
    if closed and known[-1] and (all(known) or not last.islower()):
        return True
    if len(last) == _COUNTRY_CODE and not known[-2]:
        return False
    return not last[0].islower()
