"""Images for passing a letter on: a share image for social networks, a poster with a QR code."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from campaign.language import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.language.catalogue import Language
    from campaign.operator import Operator
    from campaign.printing.renderer import PdfRenderer

SHARE_IMAGE_MAX_AGE = timedelta(minutes=10)
"""How long a share image may show older figures: it is not drawn for every signature."""

SHARE_IMAGE_SIZE = (1200, 630)
"""Pixels. The size that networks show uncropped (Open Graph's 1.91 to 1)."""

MAX_CACHE_BYTES = 8_000_000
"""Bytes of images that stay in memory: all languages of two campaigns."""


@dataclass(frozen=True)
class Tile:
    """A state on the share image's map, as on the page's: column, row, and shade from 0 to 5."""

    column: int
    row: int
    shade: int
    code: str


@dataclass(frozen=True)
class _CachedImage:
    """An image, what it shows, and when it was drawn."""

    picture: bytes
    shows: object
    at: datetime


_Key = tuple[str, str, str, str]


class ShareImages:
    """Renderer of share images and posters, with a cache of those used last."""

    def __init__(self, pdf_renderer: PdfRenderer, operator: Operator) -> None:
        self._pdf_renderer = pdf_renderer
        self._operator = operator
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, _CachedImage] = OrderedDict()

    def share_image(
        self,
        loaded: LoadedCampaign,
        language: Language,
        total: int,
        squares: Sequence[Tile],
        now: datetime,
    ) -> bytes:
        """Return the share image as a PNG; its figures are at most ten minutes old."""
        shows = (total, tuple(squares), self._operator_of(loaded))

        def fits(kept: _CachedImage) -> bool:
            return kept.shows == shows or now - kept.at < SHARE_IMAGE_MAX_AGE

        def draw() -> _CachedImage:
            values = self._card_values(loaded, language, total, squares)
            return _CachedImage(self._pdf_renderer.share_image(values), shows, now)

        return self._picture("card", loaded, language, fits, draw)

    def poster(
        self, loaded: LoadedCampaign, language: Language, address: str, now: datetime
    ) -> bytes:
        """Return an A4 poster as a PDF: title, demands, and a QR code with the URL."""
        shows = (address, self._operator_of(loaded))

        def fits(kept: _CachedImage) -> bool:
            return kept.shows == shows

        def draw() -> _CachedImage:
            values = self._poster_values(loaded, language, address)
            return _CachedImage(self._pdf_renderer.render_poster(values), shows, now)

        return self._picture("poster", loaded, language, fits, draw)

    def _operator_of(self, loaded: LoadedCampaign) -> Operator:
        return self._operator.of_campaign(loaded.campaign.facts.operator)

    def _picture(
        self,
        kind: str,
        loaded: LoadedCampaign,
        language: Language,
        fits: Callable[[_CachedImage], bool],
        draw: Callable[[], _CachedImage],
    ) -> bytes:
        """Return the cached image if it fits, else draw one; visitors share one drawing."""
        key = (kind, loaded.slug, loaded.digest, language.tag)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or not fits(kept):
                kept = self._kept[key] = draw()
            self._kept.move_to_end(key)
            while sum(len(one.picture) for one in self._kept.values()) > MAX_CACHE_BYTES:
                self._kept.popitem(last=False)
            return kept.picture

    def _card_values(
        self, loaded: LoadedCampaign, language: Language, total: int, squares: Sequence[Tile]
    ) -> dict[str, Any]:
        return {
            "language": language.tag,
            "kicker": language.gettext("Open letter"),
            "title": loaded.campaign.words_in(language.tag).title,
            "count": count_sentence(language, total) if total else "",
            "operator": self._operator_of(loaded).name,
            "squares": [[one.column, one.row, one.shade, one.code] for one in squares],
        }

    def _poster_values(
        self, loaded: LoadedCampaign, language: Language, address: str
    ) -> dict[str, Any]:
        words = loaded.campaign.words_in(language.tag)
        demands = loaded.campaign.revision.demands
        return {
            "language": language.tag,
            "kicker": language.gettext("Open letter"),
            "title": words.title,
            "summary": words.summary,
            "demands": [words.demands[one.key].heading for one in demands],
            "call": language.gettext("Scan the code with your phone, read the letter and sign it."),
            "address": urlsplit(address)._replace(scheme="", query="").geturl().lstrip("/"),
            "operator": self._operator_of(loaded).run_by(language),
            "code": _qr_code_svg(address),
        }


def count_sentence(language: Language, total: int) -> str:
    """Return how many people have signed, as a sentence."""
    sentence = language.ngettext(
        "%(number)s person has signed and confirmed",
        "%(number)s people have signed and confirmed",
        total,
    )
    return sentence % {"number": formats.format_number(total, language.tag)}


def _qr_code_svg(address: str) -> str:
    """Return a QR code as SVG; a quarter of it may be dirty or torn (level Q)."""
    # Imported here because it takes memory that a site without posters can do without.
    import segno  # noqa: PLC0415

    out = BytesIO()
    segno.make(address, error="q", micro=False).save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue().decode()
