"""Pages and forms: the only folder that says Flask.

A view reads its form, calls one service, and redirects or renders. GET and HEAD
change nothing. Domain errors are raised and become pages in `errors`.
"""
