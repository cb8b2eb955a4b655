"""Translations and formats of each language, and the template environment; independent of Flask."""


def N_(message: str) -> str:  # noqa: N802 - gettext's name for "to be translated later"
    return message
