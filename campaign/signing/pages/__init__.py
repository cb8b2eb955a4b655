"""The supporter's pages. Those of signing and confirming share a blueprint, as frames do."""

from __future__ import annotations

from flask import Blueprint

signing = Blueprint("signing", __name__)
