"""The WSGI application: `gunicorn app:app`."""

from campaign.web_app.application import create_app

app = create_app()
