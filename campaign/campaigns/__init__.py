"""Campaigns: bundles, words, revisions, the letter's text and the public pages."""
