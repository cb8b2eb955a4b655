"""Mails to those who asked for news."""
