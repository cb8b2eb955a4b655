"""Timeouts for mail servers."""

from __future__ import annotations

from datetime import timedelta

COMMAND_TIMEOUT = timedelta(seconds=30)
"""How long one command to a mail server may take, including the reply."""

DATA_TIMEOUT = timedelta(minutes=10)
"""RFC 5321, section 4.5.3.2.6: ten minutes for the reply after the final dot."""
