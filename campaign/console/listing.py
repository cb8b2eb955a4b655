"""How the console's lists are filtered and paged: by the URL, newest first.

A list reads one row more than a page shows, and hands the rows to `list_page`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from flask import request, url_for

from campaign.web.forms import PageForm

if TYPE_CHECKING:
    from collections.abc import Sequence

RowT = TypeVar("RowT")

PAGE_SIZE = 50
CURSOR = "before"
"""The URL parameter that continues a list: the id of the last row that was shown."""


class FilterForm(PageForm):
    """What to list: read from the URL, and from the form of whoever acts on what is listed.

    `endpoint`: the list's view.
    """

    endpoint: ClassVar[str]
    conflict: ClassVar[str] = ""
    """None: a list changes nothing."""

    def __init__(self, **kwargs: Any) -> None:
        sent = request.form if request.method == "POST" else request.args
        super().__init__(formdata=sent, **kwargs)

    def url(self, **more: Any) -> str:
        """Return the URL of the list with these filters, and with more parameters."""
        filters = [(field.name, value) for field in self for value in field.raw_data or () if value]
        query = urlencode([*filters, *more.items()])
        return url_for(self.endpoint) + (f"?{query}" if query else "")

    @property
    def chips(self) -> list[tuple[str, str]]:
        """Return each filter that is set, in words, with the URL of the list without it."""
        return [
            (f"{field.label.text}: {_in_words(field)}", self._url_without(field.name))
            for field in self
            if any(field.raw_data or ())
        ]

    def _url_without(self, name: str) -> str:
        rest = [
            (field.name, value)
            for field in self
            if field.name != name
            for value in field.raw_data or ()
            if value
        ]
        return url_for(self.endpoint) + (f"?{urlencode(rest)}" if rest else "")


def _in_words(field: Any) -> str:
    """Return what a field's choice is called, or what was typed."""
    words = {choice.value: choice.label for choice in getattr(field, "choices", None) or ()}
    return ", ".join(str(words.get(value, value)) for value in field.raw_data if value)


@dataclass(frozen=True)
class ListPage(Generic[RowT]):
    """A page of a list; `next_url` is empty on the last one."""

    rows: Sequence[RowT]
    next_url: str


def list_page(rows: Sequence[RowT], filters: FilterForm, cursor: str = "id") -> ListPage[RowT]:
    """Return the page of these rows, of which there are PAGE_SIZE + 1 if another page follows.

    `cursor`: the attribute by which they are sorted, and a list is continued.
    """
    shown: Sequence[Any] = rows[:PAGE_SIZE]
    more = len(rows) > PAGE_SIZE
    return ListPage(shown, filters.url(**{CURSOR: getattr(shown[-1], cursor)}) if more else "")
