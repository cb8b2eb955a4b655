"""The WSGI application: `gunicorn app:app`."""

from campaign.factory import create_app

app = create_app()
