"""Campaign: open letters with numbered demands, signed, personalised, sent and counted.

The code is sorted by subject, with a folder for each. A subject imports only those after it in this
list (pages, consoles and commands may import any):

operations, exports, news, backup, moderation, signing, privacy, delivery, letters, signatures,
campaigns, recipients, organisers; then what all of them use: web, store, printing, mail,
language.

Within a subject, the name of a file or folder tells its layer: `rules` are pure, `rows` are tables,
`queries` contain the SQL, a verb or a noun is a use case, `pages`, `forms` and `console` import
Flask, `commands` import click. docs/architecture.md has a diagram and says where to change what.
"""

__version__ = "0.1.0"
