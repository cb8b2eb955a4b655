"""An environment with which production starts, plainly made up."""

from __future__ import annotations

import base64

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
