"""Words and formats of each language, and the templates that use them. Knows no Flask."""


def N_(message: str) -> str:  # noqa: N802 - gettext's name for "to be translated later"
    return message
