"""One function for each thing that somebody does here.

A service is handed a session and the time and never commits: that is the caller's.
One exception by need: `delivery` owns its three short transactions.
"""
