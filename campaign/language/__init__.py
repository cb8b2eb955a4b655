"""Words and formats of each language, and the templates that use them. Knows no Flask."""
