"""Exports: tables and hand-over packs."""
