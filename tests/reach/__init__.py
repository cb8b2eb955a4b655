"""`make reach`: every public page, in every language, as all kinds of people meet it.

Needs Node 20, Java 11 and a Chromium, and the packages of package.json. It writes
docs/reach.md, and pictures to tests/.pictures/reach/.
"""
