"""The only room with queries: rows, sealed values, keyed hashes, counters and the queue."""
