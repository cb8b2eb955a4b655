"""What of OWASP ASVS 5.0.0 the tests prove: `python -m tests.asvs` writes docs/asvs.md."""
