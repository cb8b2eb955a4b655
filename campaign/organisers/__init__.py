"""Console users: accounts, sign-in, sessions, roles and the audit log."""
