"""Open letters that reach governments.

A letter states numbered demands; supporters choose their government, write a
personal letter to its ministry, confirm by e-mail, and are counted once.

The rooms, from the bottom up (each may import only what stands above it here):

- `errors`      the tree of domain errors
- `domain`      the rules, pure: standard library only, the time is an argument
- `language`    gettext, number and date formats, the Jinja environment
- `content`     bundles and reference data from files; letters composed from keys
- `store`       tables, queries, sealing and keyed hashes, migrations
- `mail`        values to a guarded e-mail message
- `tokens`      signed, purpose-bound links
- `services`    one function for each thing that somebody does
- `transports`  ways to send a message;  `exports` formats for tables
- `web`         pages and forms: the only folder that says Flask
- `factory`, `worker`, `cli`  entry points; only these read `config`
"""

__version__ = "0.1.0"
