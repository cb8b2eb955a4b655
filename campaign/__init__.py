"""Campaign: open letters with numbered demands, signed, personalised, sent and counted.

Sorted by subject: a folder each, and each imports only those after it in this list (pages,
consoles and commands may use any):

operations, exports, news, backup, moderation, signing, privacy, delivery, letters, signatures,
recipients, campaigns, organisers; then what all use: web, store, printing, mail, settings,
language.

In a subject the name of a file, or of a folder, says its layer: `rules` are pure, `rows` are
tables, `queries` is where SQL is, a verb or a thing is a use case, `pages`, `forms` and `console`
say Flask, `commands` says click. docs/architecture.md has the drawing and where to change what.
"""

__version__ = "0.1.0"
