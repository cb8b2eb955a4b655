"""`make attack`: hostile visitors and bytes, against the site as it is deployed."""
