"""Backup as one encrypted file, and what must hold after a restore."""
