"""The forms. Their messages are in the page's language; what was typed is never lost."""
