"""Links to a page in its other languages: the menu, and what search engines read.

From page to page they differ only in what stands before and after the language in a URL. So they
are rendered once for each language, with marks in those places.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from campaign.language.catalogue import Language
    from campaign.language.templates import Templates

ANY_LANGUAGE = "zxx"
"""Stands for the language in the URLs of `LanguageLinks` (ISO 639-2: no linguistic content)."""

_MENU, _CANONICAL = "web/_language_menu.html", "web/_canonical_links.html"

# One of each for all languages, with and without a form, for campaigns that differ in languages.
_KEPT = 512


@dataclass(frozen=True)
class LanguageLinks:
    """The languages that a page is in, and where it is in each of them.

    `tags`: the languages. `default`: the one for visitors whose language is not among them.
    `path`: the link to the page, with the query parameters of this request; empty if only a form
    leads there. `canonical_path` at `site` is its address for search engines. `action`: where the
    page's form goes to show what was typed in another language, with the button `step`; empty if
    there is none.
    """

    templates: Templates
    language: Language
    tags: tuple[str, ...] = ()
    default: str = ""
    path: str = ""
    site: str = ""
    canonical_path: str = ""
    action: str = ""
    step: str = ""

    @property
    def are_several(self) -> bool:
        return len(self.tags) > 1

    @property
    def menu(self) -> Markup:
        """Return the items of the menu."""
        marked = _render(self, _MENU, linked=bool(self.path), step=self.step)
        return _fill(_fill(marked, "path", self.path), "action", self.action)

    @property
    def canonical(self) -> Markup:
        """Return the `link` elements of the page's one address and its other languages."""
        marked = _render(self, _CANONICAL, default=self.default)
        return _fill(marked, "address", self.canonical_path, self.site)


def _render(links: LanguageLinks, template: str, **values: object) -> Markup:
    return _marked(links.templates, template, links.language, links.tags, **values)


@lru_cache(maxsize=_KEPT)
def _marked(
    templates: Templates, template: str, language: Language, tags: tuple[str, ...], **values: object
) -> Markup:
    """Return a template's text with marks like "[path" and "path]" around each language."""
    return Markup(templates.render(template, language, tags=tags, **values))  # noqa: S704


def _fill(marked: Markup, name: str, path: str, site: str = "") -> Markup:
    before, _, after = path.partition(ANY_LANGUAGE)
    return marked.replace(f"[{name}", escape(site + before)).replace(f"{name}]", escape(after))
