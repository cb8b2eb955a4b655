"""Assembly of the web application."""
