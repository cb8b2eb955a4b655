"""Governments, their recipients, addresses and who checked them, pace."""
