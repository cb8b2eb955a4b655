"""Each change of a row's state that the code makes, as it makes it."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, inspect

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def state_changes(row_class: type[Any]) -> Iterator[list[tuple[Any, Any]]]:
    """Collect (before, after) of each change while the block runs."""
    seen: list[tuple[Any, Any]] = []

    def note(_row: object, value: Any, before: object, _initiator: object) -> None:
        if isinstance(before, StrEnum) and before is not value:
            seen.append((before, value))

    attribute = inspect(row_class).attrs.state.class_attribute
    event.listen(attribute, "set", note)
    try:
        yield seen
    finally:
        event.remove(attribute, "set", note)
