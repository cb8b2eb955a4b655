"""A campaign: its bundle, words, revisions, letter and public pages."""
