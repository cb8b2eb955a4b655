"""A site with a month of made-up supporters and organisers, to look around in (`make demo`)."""
