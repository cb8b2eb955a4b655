"""Governments, their ministries, addresses and who checked them, pace."""
