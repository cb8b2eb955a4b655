"""What all pages share: rendering, headers, errors, caches, limits."""
