"""The only place of this subject with SQL."""
