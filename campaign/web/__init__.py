"""What all pages share: rendering, headers, errors, caches and limits."""
