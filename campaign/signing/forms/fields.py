"""Form fields: the consents, and the demands in her order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wtforms import Field

from campaign.campaigns.rules.consents import OPTIONAL_CONSENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.datastructures import MultiDict
    from wtforms.meta import DefaultMeta

_YES = frozenset({"y", "yes", "true", "on", "1"})
"""What our own checkboxes send, and what browsers and programs send for a checked one.

A list of what means yes, not of what means no: an unknown word is no consent (GDPR, Article 4(11),
requires one that is unambiguous).
"""


def read_consents(form: MultiDict[str, str] | None) -> dict[str, bool]:
    """Return for each consent whether she agreed.

    A checkbox that was not sent, or that says "false", means no. One that is sent twice with
    both values means no.
    """
    return {
        tick.value: form is not None and _agreed(form.getlist(tick)) for tick in OPTIONAL_CONSENTS
    }


def _agreed(said: list[str]) -> bool:
    return bool(said) and all(one.strip().lower() in _YES for one in said)


@dataclass(frozen=True)
class DemandChoice:
    key: str
    ticked: bool
    position: int


class DemandsField(Field):
    """A field whose `data` is the keys of the chosen demands in her order.

    A demand's checkbox is `demands=<key>`, its position `place-<key>`. Of two demands with the
    same position the one that was moved there comes first.
    """

    def __init__(self, label: str = "", keys: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self._keys = tuple(keys)
        self.choices = [DemandChoice(key, ticked=True, position=n) for n, key in enumerate(keys, 1)]

    @classmethod
    def for_form(cls, form: Any, keys: Sequence[str], meta: DefaultMeta) -> DemandsField:
        """Return the field bound to a form, which knows the demands only at run time."""
        return cls(keys=keys, name="demands", _form=form, _meta=meta)

    def process(self, formdata: Any, *_args: Any, **_kwargs: Any) -> None:
        self.process_errors = []
        if formdata and (self.name in formdata or self._was_shown(formdata)):
            ticked = set(formdata.getlist(self.name))
            self.choices = [
                DemandChoice(
                    key, key in ticked, _place(formdata.get(f"place-{key}"), n, len(self._keys))
                )
                for n, key in enumerate(self._keys, 1)
            ]
        listed = {key: n for n, key in enumerate(self._keys, 1)}
        chosen = sorted(
            (choice for choice in self.choices if choice.ticked),
            key=lambda choice: (choice.position, choice.position == listed[choice.key]),
        )
        self.data = [choice.key for choice in chosen]

    def _was_shown(self, formdata: Any) -> bool:
        return any(f"place-{key}" in formdata for key in self._keys)


def _place(text: str | None, default: int, most: int) -> int:
    if text and text.isascii() and text.isdigit() and len(text) <= 3:  # noqa: PLR2004
        return min(max(int(text), 1), most)
    return default
