"""Pictures that hand a letter on: a card for social networks, a poster with a QR code."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import segno

from campaign.language import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from campaign.domain.operator import Operator
    from campaign.language.catalogue import Language
    from campaign.pdf import Press
    from campaign.services.shelf import Shelved

CARD_IS_FRESH_FOR = timedelta(minutes=10)
"""So long a card may show an older count: it is drawn once, not for every visitor."""

CARD_SIZE = (1200, 630)
"""Pixels. The size that networks show whole (Open Graph's 1.91 to 1)."""

MOST_KEPT = 50


@dataclass(frozen=True)
class Square:
    """A state on the card's map, as on the page's: column, row, and how dark, from 0 to 5."""

    column: int
    row: int
    shade: int
    code: str


@dataclass(frozen=True)
class _Drawn:
    picture: bytes
    total: int
    at: datetime


class Cards:
    """Draws cards and posters, and keeps what it drew last for each language."""

    def __init__(self, press: Press, operator: Operator) -> None:
        self._press = press
        self._operator = operator
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str, str], _Drawn] = OrderedDict()

    def card(
        self,
        shelved: Shelved,
        language: Language,
        total: int,
        squares: Callable[[], Sequence[Square]],
        now: datetime,
    ) -> bytes:
        """Return the card as a PNG; its count is at most ten minutes old."""
        key = ("card", shelved.digest, language.tag)
        kept = self._kept.get(key)
        if kept and (kept.total == total or now - kept.at < CARD_IS_FRESH_FOR):
            return kept.picture
        words = shelved.campaign.words_in(language.tag)
        values = {
            "language": language.tag,
            "kicker": language.gettext("Open letter"),
            "title": words.title,
            "count": signed(language, total) if total else "",
            "operator": self._operator.name,
            "squares": [[one.column, one.row, one.shade, one.code] for one in squares()],
        }
        return self._keep(key, _Drawn(self._press.card(values), total, now))

    def poster(self, shelved: Shelved, language: Language, address: str, now: datetime) -> bytes:
        """Return a sheet of A4 as a PDF: title, demands, and a code that leads to the address."""
        key = ("poster", shelved.digest, language.tag)
        kept = self._kept.get(key)
        if kept:
            return kept.picture
        words = shelved.campaign.words_in(language.tag)
        demands = shelved.campaign.revision.demands
        values: dict[str, Any] = {
            "language": language.tag,
            "kicker": language.gettext("Open letter"),
            "title": words.title,
            "summary": words.summary,
            "demands": [words.demands[one.key].heading for one in demands],
            "call": language.gettext("Scan the code with your phone, read the letter and sign it."),
            "address": urlsplit(address)._replace(scheme="", query="").geturl().lstrip("/"),
            "operator": language.gettext("This site is run by %(operator)s.")
            % {"operator": self._operator.name.removesuffix(".")},
            "code": _code(address),
        }
        return self._keep(key, _Drawn(self._press.poster(values), 0, now))

    def _keep(self, key: tuple[str, str, str], drawn: _Drawn) -> bytes:
        with self._lock:
            self._kept[key] = drawn
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return drawn.picture


def signed(language: Language, total: int) -> str:
    """Return how many people have signed, as a sentence."""
    sentence = language.ngettext(
        "%(number)s person has signed and confirmed",
        "%(number)s people have signed and confirmed",
        total,
    )
    return sentence % {"number": formats.number(total, language.tag)}


def _code(address: str) -> str:
    """Return a QR code as SVG; a quarter of it may be dirty or torn (level Q)."""
    out = BytesIO()
    segno.make(address, error="q", micro=False).save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue().decode()
