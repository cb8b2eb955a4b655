"""What an owner asks to export, and in which format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtforms.validators import DataRequired

from campaign.console.forms import ConsoleForm, ReasonField
from campaign.errors import NotFound
from campaign.exports import formats
from campaign.exports.queries.records import SignatureExportFilter
from campaign.language.formats import territory_name
from campaign.recipients.rules.government import to_iso_code
from campaign.signatures.rules.signature import SignatureState
from campaign.web.context import container
from campaign.web.forms import ChoiceField

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKGROUND_FORMAT = "xlsx"
"""The format that is complete before its first byte is sent, and so is built by the worker."""

_CSV, _CSV_WITH_BOM = "csv", "csv-bom"
_HELD = "held"
_STATES = (
    SignatureState.CONFIRMED,
    _HELD,
    *(state for state in SignatureState if state is not SignatureState.CONFIRMED),
)
_FORMAT_NAMES = {_CSV: "CSV", "jsonl": "JSON lines", BACKGROUND_FORMAT: "Excel (XLSX)"}
_CHOOSE_GOVERNMENT = "Choose the government that will receive it."


def _formats() -> Iterator[tuple[str, str]]:
    for name in formats.available():
        yield name, _FORMAT_NAMES.get(name, name)
        if name == _CSV:
            yield _CSV_WITH_BOM, "CSV for Excel (with byte order mark)"


def _governments(first: str) -> list[tuple[str, str]]:
    """Return the choice of a government, with `first` for none."""
    names = [(code, territory_name(code, "en")) for code in container.reference.governments]
    return [("", first), *sorted(names, key=lambda pair: pair[1])]


class FormatForm(ConsoleForm):
    """The format of a table."""

    format = ChoiceField("Format", choices=_formats, default=_CSV)

    @property
    def format_and_mark(self) -> tuple[str, bool]:
        """Return the format, and whether Excel's byte order mark goes first.

        Raise NotFound for an unknown format.
        """
        marked = self.format.data == _CSV_WITH_BOM
        name = _CSV if marked else self.format.data
        if name not in formats.available():
            raise NotFound(name)
        return name, marked


class NamesForm(ConsoleForm):
    """An export that has names in it, and so needs a reason."""

    reason = ReasonField(
        "What is it for?",
        needed=("Say in one line what it is for and who gets it. It is kept in the log."),
    )


class PackForm(NamesForm):
    government = ChoiceField(
        "Government",
        choices=lambda: _governments("Choose"),
        invalid=_CHOOSE_GOVERNMENT,
        filters=[to_iso_code],
        validators=[DataRequired(_CHOOSE_GOVERNMENT)],
    )


class SignaturesForm(NamesForm, FormatForm):
    government = ChoiceField(
        "Government", choices=lambda: _governments("all"), filters=[to_iso_code]
    )
    state = ChoiceField(
        "Status", choices=[(state, state) for state in _STATES], default=SignatureState.CONFIRMED
    )

    @property
    def signature_filter(self) -> SignatureExportFilter:
        government = self.government.data
        if self.state.data == _HELD:
            return SignatureExportFilter(government, held=True)
        return SignatureExportFilter(government, state=SignatureState(self.state.data))
