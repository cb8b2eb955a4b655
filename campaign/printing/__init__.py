"""Letters, posters and hand-over packs as PDF."""
