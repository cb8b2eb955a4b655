"""Load the settings from environment variables, once, and report all errors together.

In development missing settings have defaults, and random keys are written once to the instance
folder. In production nothing is guessed, and neither is it on a live site, whatever
CAMPAIGN_ENVIRONMENT says.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from campaign.delivery import transports
from campaign.errors import SettingsError
from campaign.settings.key_files import KEY_BYTES, load_or_create_key
from campaign.settings.settings import (
    BASE_DIR,
    PLACEHOLDER_OPERATOR,
    SETTINGS_FILE,
    Settings,
    env_name,
)
from campaign.settings.validators import (
    host_of,
    is_ascii_email,
    is_header_safe,
    is_loopback,
    is_origin,
    is_url,
    is_valid_utf8,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DATABASES = ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")
_IN_MEMORY = ("sqlite:///", "sqlite:///:memory:")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_TLS = ("starttls", "implicit", "none")
_LIMITS_STORES = ("memory://", "redis://", "rediss://")


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
        self._where = ""
        self._defaults = {item.name: str(item.metadata["default"]) for item in fields(Settings)}

    def refuse_to_guess_beside(self, installed: Path) -> None:
        if not self._raw("environment") and _is_so(installed.exists):
            said = (
                f"is not set, and this machine has {installed}: run commands as sudo campaign …,"
                " which reads that file. For a development site beside it, set"
                f" {env_name('environment')}=development"
            )
            self._fault("environment", said)
            raise SettingsError(self._faults)

    def read(self) -> Settings:
        self._refuse_names_and_bytes()
        environment = self._choice("environment", ("development", "production"))
        transport = self._transport()
        strict = environment == "production" or transports.load(transport).live
        self._where = "in production" if environment == "production" else "on a live site"
        instance = self._path("instance")
        if not strict:
            self._make_folder("instance", instance)
        values: dict[str, Any] = {
            name: self._text(name)
            for name, kind in Settings.__annotations__.items()
            if kind == "str"
        }
        values |= {
            "instance": instance,
            "database_url": self._raw("database_url")
            or f"sqlite:///{instance / 'campaign.sqlite3'}",
            "hosts": self._list("hosts"),
            "processors": self._processors(),
            "backup_keys": self._list("backup_keys"),
            "proxy_hops": self._number("proxy_hops", 0, 10),
            "network_per_form": self._number("network_per_form", 1, 1_000_000),
            "network_overall": self._number("network_overall", 1, 1_000_000),
            "network_mails_per_hour": self._number("network_mails_per_hour", 1, 1_000_000),
            "form_seconds": self._form_seconds(strict=strict),
            "mails_per_hour": self._number("mails_per_hour", 1, 10_000_000),
            "mails_per_domain": self._number("mails_per_domain", 1, 10_000_000),
            "campaigns": self._path("campaigns"),
            "translations": self._path("translations"),
            "token_keys": self._keys("token_keys", instance, strict=strict),
            "sealing_keys": self._keys("sealing_keys", instance, strict=strict),
            "identity_key": self._single_key("identity_key", instance, strict=strict),
            "transport": transport,
            "pace": self._choice("pace", ("live", "always")),
            "smtp_port": self._number("smtp_port", 1, 65535),
            "smtp_tls": self._choice("smtp_tls", _TLS),
            "metrics": self._path("metrics") if self._raw("metrics") else None,
            "smtp_ca_file": self._path("smtp_ca_file") if self._raw("smtp_ca_file") else None,
            "letters_per_hour": self._number("letters_per_hour", 1, 3600),
            "letters_per_day": self._number("letters_per_day", 1, 30_000),
            "verifiers": self._number("verifiers", 1, 2),
        }
        settings = Settings(**values)
        self._check(settings)
        if settings.metrics is not None:
            self._make_folder("metrics", settings.metrics)
        if strict:
            self._check_strict(settings)
            if not self._faults:
                self._make_folder("instance", instance)
        if self._faults:
            raise SettingsError(self._faults)
        return settings

    def _refuse_names_and_bytes(self) -> None:
        known = {env_name(item.name) for item in fields(Settings)}
        for name in sorted(self._environ):
            if name.startswith("CAMPAIGN_") and name not in known:
                self._fault(name, "is not a setting; see docs/settings.md")
            if name in known and not is_valid_utf8(self._environ[name]):
                self._fault(name, "is not text in UTF-8")

    def _check(self, settings: Settings) -> None:
        if not is_origin(settings.base_url):
            self._fault("base_url", "should be like https://letters.example.org, without a path")
        for name in ("sender", "operator_contact"):
            if not is_ascii_email(getattr(settings, name)):
                self._fault(name, "should be an e-mail address")
        self._check_notice(settings)
        if not is_header_safe(settings.operator_name):
            self._fault("operator_name", "should be plain text in one line, without =?")
        for host in settings.hosts:
            if not _HOST.fullmatch(host):
                self._fault("hosts", f"names no host: {host}")
        self._check_folders(campaigns=settings.campaigns, translations=settings.translations)
        if not settings.database_url.startswith(_DATABASES):
            self._fault("database_url", "should begin with sqlite:/// or postgresql://")
        if settings.database_url.partition("?")[0] in _IN_MEMORY:
            self._fault("database_url", "should name a file: each process would have its own")
        store = settings.limits_store
        if not (store.startswith(_LIMITS_STORES) and is_url(store)):
            self._fault("limits_store", "should be memory:// or begin with redis://")
        self._check_sending(settings)

    def _check_notice(self, settings: Settings) -> None:
        contact, address = settings.privacy_contact, settings.privacy_url
        if contact and not is_ascii_email(contact):
            self._fault("privacy_contact", "should be an e-mail address")
        notice = urlsplit(address) if is_url(address) else None
        if address and (notice is None or notice.scheme != "https" or not notice.hostname):
            self._fault("privacy_url", "should begin with https://")

    def _check_folders(self, **folders: Path) -> None:
        for name, folder in folders.items():
            if not _is_so(folder.is_dir):
                self._fault(name, f"names no folder: {folder}")

    def _check_sending(self, settings: Settings) -> None:
        for name in settings.transport_class.required_settings:
            if not getattr(settings, name, ""):
                self._fault(name, f"is needed by the transport {settings.transport}")
        elsewhere = bool(settings.smtp_host) and not is_loopback(settings.smtp_host)
        if settings.live and elsewhere and not settings.production:
            # Real people get mail only from a site whose operator is named.
            way = f"{settings.transport} to another machine"
            self._fault("transport", f"may be {way} in production only")
        safe = settings.rehearsal_address
        if safe and not is_ascii_email(safe):
            self._fault("rehearsal_address", "should be an e-mail address")
        if settings.smtp_tls == "none" and not is_loopback(settings.smtp_host):
            self._fault("smtp_tls", "may be none on loopback only")
        if settings.smtp_ca_file is not None and not _is_so(settings.smtp_ca_file.is_file):
            self._fault("smtp_ca_file", "names no file")

    def _check_strict(self, settings: Settings) -> None:
        """Report what production and live sites lack, and which settings they forbid."""
        needed = f"is needed {self._where}"
        if not self._raw("base_url"):
            self._fault("base_url", needed)
        elif not settings.is_https and not is_loopback(host_of(settings.base_url)):
            self._fault("base_url", f"should begin with https:// {self._where}")
        if not self._raw("proxy_hops"):
            self._fault("proxy_hops", f"{needed}: 1 behind one proxy, 0 without any")
        for name, made_up in PLACEHOLDER_OPERATOR.items():
            if getattr(settings, name) == made_up:
                self._fault(name, "is still the made-up operator's")
        if settings.sender == self._defaults["sender"]:
            self._fault("sender", "is still the made-up operator's")
        if not self._raw("processors"):
            self._fault("processors", f"{needed} for the privacy notice, or none")
        for name in ("FLASK_DEBUG", "FLASK_ENV"):
            if self._environ.get(name, "0") not in {"", "0", "false", "production"}:
                self._faults.append(f"{name} turns debugging on, which is refused {self._where}")

    def _raw(self, name: str) -> str:
        given = self._environ.get(env_name(name), "").strip()
        return given if is_valid_utf8(given) else ""

    def _text(self, name: str) -> str:
        return self._raw(name) or self._defaults[name]

    def _fault(self, name: str, reason: str) -> None:
        full = name if name.startswith("CAMPAIGN_") else env_name(name)
        self._faults.append(f"{full} {reason}")

    def _choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self._text(name)
        if value not in allowed:
            self._fault(name, f"should be one of {', '.join(allowed)}")
        return value

    def _transport(self) -> str:
        name = self._text("transport")
        if name in transports.names() and transports.load(name).selectable:
            return name
        self._fault("transport", f"should be one of {', '.join(transports.selectable_names())}")
        # Only so that the other errors can be reported too: nothing starts with it.
        return self._defaults["transport"]

    def _number(self, name: str, low: int, high: int) -> int:
        value = self._text(name)
        digits = value.isascii() and value.isdigit() and len(value) <= len(str(high))
        if not (digits and low <= int(value) <= high):
            self._fault(name, f"should be a whole number from {low} to {high}")
            return low
        return int(value)

    def _form_seconds(self, *, strict: bool) -> int:
        """Return what is set; in development scripts and tests sign, and nobody is too fast."""
        given = strict or bool(self._raw("form_seconds"))
        return self._number("form_seconds", 0, 600) if given else 0

    def _path(self, name: str) -> Path:
        path = Path(self._text(name))
        return path if path.is_absolute() else BASE_DIR / path

    def _list(self, name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self._raw(name).split(",") if part.strip())

    def _processors(self) -> tuple[str, ...]:
        raw = self._raw("processors")
        named = "" if raw.lower() == "none" else raw
        return tuple(" ".join(part.split()) for part in named.split(";") if part.strip())

    def _keys(self, name: str, instance: Path, *, strict: bool) -> tuple[bytes, ...]:
        raw = self._list(name)
        if not raw and strict:
            self._fault(name, f"is needed {self._where}: {self._where_from(name, instance)}")
        elif not raw:
            raw = (self._development_key(name, instance),)
        keys = tuple(self._decoded(name, text) for text in raw)
        if len(set(keys)) != len(keys):
            self._fault(name, "names the same key twice")
        return keys or (bytes(KEY_BYTES),)

    def _single_key(self, name: str, instance: Path, *, strict: bool) -> bytes:
        keys = self._keys(name, instance, strict=strict)
        if len(keys) > 1:
            self._fault(name, "should be one key: hashes made with it cannot be made again")
        return keys[0]

    def _decoded(self, name: str, text: str) -> bytes:
        if self._is_key(text):
            return base64.b64decode(text)
        self._fault(name, f"should be {KEY_BYTES} random bytes in base64")
        return b""

    def _where_from(self, name: str, instance: Path) -> str:
        """Return where to get a missing key: data that was written with a key needs that key."""
        path = self._key_file(name, instance)
        if _is_so(path.is_file):
            return f"set it to the key in {path}, which the data that is there was written with"
        return "docs/settings.md says how to make one"

    @staticmethod
    def _key_file(name: str, instance: Path) -> Path:
        return instance / f"{name}.secret"

    def _development_key(self, name: str, instance: Path) -> str:
        """Return the random key stored in the instance folder, made on first use."""
        path = self._key_file(name, instance)
        try:
            if not _is_so(instance.is_dir):
                # Already reported.
                return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
            text = load_or_create_key(path)
            if self._is_key(text):
                return text
            self._faults.append(f"{path} holds no key; it was cut short or changed")
        except (OSError, UnicodeDecodeError) as error:
            said = getattr(error, "strerror", None) or "it is no text"
            self._faults.append(f"the key file {path} cannot be used: {said}")
        # Only so that the other errors can be reported too: nothing starts with it.
        return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()

    def _make_folder(self, name: str, path: Path) -> None:
        """Make a folder if it is missing, closed to other users, and check that it is writable."""
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            self._fault(name, f"cannot be made at {path}: {error.strerror}")
        else:
            if not os.access(path, os.W_OK | os.X_OK):
                self._fault(name, f"names a folder that cannot be written to: {path}")

    @staticmethod
    def _is_key(text: str) -> bool:
        try:
            key = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return False
        return len(key) == KEY_BYTES and len(set(key)) >= KEY_BYTES // 4


def _is_so(look: Callable[[], bool]) -> bool:
    """Return what a check of a path says; False for a path that no file system accepts."""
    try:
        return look()
    except OSError:
        return False
