"""Who may use the console: accounts, sign-in, sessions, roles, the audit log."""
