"""The supporter’s way: sign, confirm, and her private page."""
