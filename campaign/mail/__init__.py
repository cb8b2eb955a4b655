"""Messages built and read, the conversation with a server, and what DNS says."""
