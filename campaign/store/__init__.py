"""The database: engine, sealing, tokens, migrations, and what all tables share."""
