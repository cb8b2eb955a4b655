"""Operations: dashboard, health, metrics, watch, doctor and housekeeping."""
