"""The WSGI application: `gunicorn app:app`."""

from campaign.application import create_app

app = create_app()
