"""The database: engine, sealing, tokens, migrations, and what all rows share."""
