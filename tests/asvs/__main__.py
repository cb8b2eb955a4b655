"""`python -m tests.asvs` writes the page anew."""

from __future__ import annotations

from tests.asvs.page import PAGE, written

if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
