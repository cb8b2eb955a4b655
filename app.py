"""The WSGI application: `gunicorn app:app`."""

from campaign.web_app import create_app

app = create_app()
