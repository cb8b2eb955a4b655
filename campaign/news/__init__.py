"""News mails to supporters who asked for them."""
