"""Transports: ways to send a message, one file each, found by its name.

A transport's file names its class: `TRANSPORT` (see `TransportClass`).
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from campaign.delivery.rules.delivery import Transport
from campaign.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.mail.smtp import SmtpConfig


@dataclass(frozen=True)
class TransportOptions:
    """Options for all transports; each takes its own."""

    outbox: Path
    server: SmtpConfig
    safe_address: str = ""


class TransportClass(Transport, Protocol):
    """A transport's class. Its attributes can be read without a connection.

    `selectable`: whether a site may choose it with CAMPAIGN_TRANSPORT. `required_settings`: those
    that it cannot do without. `summary`: how it sends, for whoever runs the site. `banner`: the
    same for visitors, in English and marked with `N_` for translation.
    """

    selectable: ClassVar[bool]
    required_settings: ClassVar[tuple[str, ...]]
    summary: ClassVar[str]
    banner: ClassVar[str]

    @classmethod
    def from_options(cls, options: TransportOptions) -> Transport: ...


_REQUIRED_ATTRIBUTES = ("name", "live", "reaches_recipient", *TransportClass.__annotations__)


def names() -> tuple[str, ...]:
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def selectable_names() -> tuple[str, ...]:
    """Return the names of the transports that a site may choose."""
    return tuple(name for name in names() if load(name).selectable)


def load(name: str) -> type[TransportClass]:
    """Return the class of the transport with that name, one of `names()`.

    Raise SettingsError if it lacks a required attribute.
    """
    transport = importlib.import_module(f"{__name__}.{name}").TRANSPORT
    if missing := [said for said in _REQUIRED_ATTRIBUTES if not hasattr(transport, said)]:
        raise SettingsError([f"the transport {name} does not say its {', '.join(missing)}"])
    return cast("type[TransportClass]", transport)
