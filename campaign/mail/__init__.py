"""Building and reading messages, SMTP and LMTP sessions, and DNS records about mail."""
