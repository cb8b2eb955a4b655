"""`make bad-days`: a site as it is deployed, and everything that can happen to it."""
