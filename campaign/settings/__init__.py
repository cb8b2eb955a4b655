"""The settings, read from the environment and validated once."""
