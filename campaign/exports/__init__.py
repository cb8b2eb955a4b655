"""Tables and hand-over packs that leave the site."""
