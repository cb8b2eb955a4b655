"""Reads what ships and what organisers supply, and composes letters. Knows no database."""
