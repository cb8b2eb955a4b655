"""Environments with which production and live sites start, plainly made up."""

from __future__ import annotations

import base64

from campaign.settings.load import load_settings

KEYS = [base64.b64encode(bytes(range(n, n + 32))).decode() for n in range(4)]
PRODUCTION = {
    "CAMPAIGN_ENVIRONMENT": "production",
    "CAMPAIGN_BASE_URL": "https://letters.example.org",
    "CAMPAIGN_TOKEN_KEYS": f"{KEYS[0]},{KEYS[1]}",
    "CAMPAIGN_SEALING_KEYS": KEYS[2],
    "CAMPAIGN_IDENTITY_KEY": KEYS[3],
    "CAMPAIGN_OPERATOR_NAME": "Testa Example Society",
    "CAMPAIGN_OPERATOR_ADDRESS": "Example Road 2, 11111 Testtown",
    "CAMPAIGN_OPERATOR_CONTACT": "testa@example.org",
    "CAMPAIGN_PROXY_HOPS": "1",
    "CAMPAIGN_PROCESSORS": "none",
    "CAMPAIGN_SENDER": "post@letters.example.org",
}


def live_environ(trial: dict[str, str]) -> dict[str, str]:
    """Return the environment of a trial's site that goes live, by a mail server on loopback.

    Its keys are now set, to those that the trial wrote down: its data is read with them.
    """
    settings = load_settings(trial)
    operator = {name: value for name, value in PRODUCTION.items() if "OPERATOR" in name}
    return {
        **trial,
        **operator,
        "CAMPAIGN_SENDER": "post@example.org",
        "CAMPAIGN_TOKEN_KEYS": _written(*settings.token_keys),
        "CAMPAIGN_SEALING_KEYS": _written(*settings.sealing_keys),
        "CAMPAIGN_IDENTITY_KEY": _written(settings.identity_key),
        "CAMPAIGN_PROXY_HOPS": "0",
        "CAMPAIGN_PROCESSORS": "none",
        "CAMPAIGN_FORM_SECONDS": "0",  # a test is quick
        "CAMPAIGN_TRANSPORT": "smtp",
        "CAMPAIGN_SMTP_HOST": "127.0.0.1",
        "CAMPAIGN_SMTP_TLS": "none",
    }


def _written(*keys: bytes) -> str:
    return ",".join(base64.b64encode(key).decode() for key in keys)
