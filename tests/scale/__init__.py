"""A site as it is deployed on one machine, under load; its parts are killed."""
