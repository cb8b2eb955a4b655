"""Load the settings from environment variables, once, and report all errors together.

In development missing settings have defaults, and random keys are written once to the instance
folder. In production nothing is guessed, and neither is it on a live site, whatever
CAMPAIGN_ENVIRONMENT says.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from campaign.delivery import transports
from campaign.errors import SettingsError
from campaign.settings.keys import KeyLoader
from campaign.settings.parsers import path_check
from campaign.settings.settings import (
    PLACEHOLDER_OPERATOR,
    RANDOM,
    SETTINGS_FILE,
    Settings,
    env_name,
)
from campaign.validators import host_of, is_loopback, is_valid_utf8

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def load_settings(
    environ: Mapping[str, str] | None = None, installed: Path = SETTINGS_FILE
) -> Settings:
    """Return the settings, or raise SettingsError with one sentence for each error.

    If the file `installed` exists and CAMPAIGN_ENVIRONMENT is not set, nothing is read or made:
    a command typed without that file's settings would make a development site next to the real
    one.
    """
    reader = _Loader(os.environ if environ is None else environ)
    reader.refuse_to_guess_beside(installed)
    return reader.read()


def set_prometheus_dir(folder: Path) -> None:
    """Tell the Prometheus library where this process and its children store their counters."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


class _Loader:
    """Reads the settings from one environment and collects errors."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._faults: list[str] = []
        self._declared = {item.name: item.metadata for item in fields(Settings)}

    def refuse_to_guess_beside(self, installed: Path) -> None:
        if not self._raw("environment") and path_check(installed.exists):
            said = (
                f"is not set, and this machine has {installed}: run commands as sudo campaign …,"
                " which reads that file. For a development site beside it, set"
                f" {env_name('environment')}=development"
            )
            self._fault("environment", said)
            raise SettingsError(self._faults)

    def read(self) -> Settings:
        self._refuse_names_and_bytes()
        first = {name: self._parsed(name) for name in ("environment", "transport", "instance")}
        production = first["environment"] == "production"
        strict = production or transports.load(first["transport"]).live
        where = "in production" if production else "on a live site"
        if not strict:
            self._make_folder("instance", first["instance"])
        keys = KeyLoader(first["instance"], where if strict else "", self._faults)
        others = {
            name: keys.load(name, self._raw(name), setting["parse"])
            if setting["default"] == RANDOM
            else self._parsed(name, instance=str(first["instance"]), strict=strict)
            for name, setting in self._declared.items()
            if name not in first
        }
        settings = Settings(**first, **others)
        if settings.replica_url and settings.database_url.startswith("sqlite"):
            self._fault("replica_url", "needs a PostgreSQL database: SQLite has no replicas")
        self._check_sending(settings)
        if settings.metrics is not None:
            self._make_folder("metrics", settings.metrics)
        if strict:
            self._check_strict(settings, where)
            if not self._faults:
                self._make_folder("instance", settings.instance)
        if self._faults:
            raise SettingsError(self._faults)
        return settings

    def _parsed(self, name: str, instance: str = "", *, strict: bool = True) -> Any:
        """Return a setting's value; that of its default, if what is set is wrong."""
        setting = self._declared[name]
        in_development = None if strict else setting["development"]
        default = in_development or setting["default"].replace("<instance>", instance)
        given = self._raw(name)
        try:
            return setting["parse"](given or default)
        except ValueError as error:
            self._fault(name, str(error))
        # Only so that the other errors can be reported too: nothing starts with it.
        with suppress(ValueError):
            return setting["parse"](default)
        return None

    def _refuse_names_and_bytes(self) -> None:
        known = {env_name(item.name) for item in fields(Settings)}
        for name in sorted(self._environ):
            if name.startswith("CAMPAIGN_") and name not in known:
                self._fault(name, "is not a setting; see docs/settings.md")
            if name in known and not is_valid_utf8(self._environ[name]):
                self._fault(name, "is not text in UTF-8")

    def _check_sending(self, settings: Settings) -> None:
        for name in settings.transport_class.required_settings:
            if not self._raw(name):
                self._fault(name, f"is needed by the transport {settings.transport}")
        elsewhere = bool(settings.smtp_host) and not is_loopback(settings.smtp_host)
        if settings.live and elsewhere and not settings.production:
            # Real people get mail only from a site whose operator is named.
            way = f"{settings.transport} to another machine"
            self._fault("transport", f"may be {way} in production only")
        if settings.smtp_tls == "none" and not is_loopback(settings.smtp_host):
            self._fault("smtp_tls", "may be none on loopback only")

    def _check_strict(self, settings: Settings, where: str) -> None:
        """Report what production and live sites lack, and which settings they forbid."""
        needed = f"is needed {where}"
        if not self._raw("base_url"):
            self._fault("base_url", needed)
        elif not settings.is_https and not is_loopback(host_of(settings.base_url)):
            self._fault("base_url", f"should begin with https:// {where}")
        if not self._raw("proxy_hops"):
            self._fault("proxy_hops", f"{needed}: 1 behind one proxy, 0 without any")
        for name in (*PLACEHOLDER_OPERATOR, "sender"):
            if self._raw(name) in {"", self._declared[name]["default"]}:
                self._fault(name, "is still the made-up operator's")
        if not self._raw("processors"):
            self._fault("processors", f"{needed} for the privacy notice, or none")
        for name in ("FLASK_DEBUG", "FLASK_ENV"):
            if self._environ.get(name, "0") not in {"", "0", "false", "production"}:
                self._faults.append(f"{name} turns debugging on, which is refused {where}")

    def _raw(self, name: str) -> str:
        given = self._environ.get(env_name(name), "").strip()
        return given if is_valid_utf8(given) else ""

    def _fault(self, name: str, reason: str) -> None:
        full = name if name.startswith("CAMPAIGN_") else env_name(name)
        self._faults.append(f"{full} {reason}")

    def _make_folder(self, name: str, path: Path) -> None:
        """Make a folder if it is missing, closed to other users, and check that it is writable."""
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            self._fault(name, f"cannot be made at {path}: {error.strerror}")
        else:
            if not os.access(path, os.W_OK | os.X_OK):
                self._fault(name, f"names a folder that cannot be written to: {path}")
