"""Dashboard, health, metrics, watch, doctor and housekeeping."""
