"""Settings of the web server (gunicorn), the same in development and production.

In production a buffering proxy stands in front: more stalled clients than there are
threads stop a server like this one (docs/adr/0011). No access log, because addresses
of private pages carry tokens.
"""

from __future__ import annotations

import ctypes
from typing import Any

worker_class = "gthread"
workers = 1
threads = 8
# Without a limit one process takes all kept-alive connections.
worker_connections = 64
timeout = 30
graceful_timeout = 8
keepalive = 5
accesslog = None
loglevel = "warning"
# No header may change where the application thinks it stands: it stands at the root.
forwarder_headers = ""
# Headers of a request may not grow without bounds.
limit_request_line = 4094
limit_request_fields = 60

# Parameters of glibc's malloc (mallopt(3)), by their numbers in malloc.h.
_ARENAS, _OWN_MAPPING, _TRIM = -8, -3, -1
_LARGE = 128 * 1024


def post_fork(_server: Any, _worker: Any) -> None:
    """Give memory back: glibc otherwise keeps a heap per thread and all that one big page took.

    16 MB less after an organiser's turn with workbooks and prints (benchmarks/footprint.py).
    Another C library goes on as it is used to.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENAS, 1)
        mallopt(_OWN_MAPPING, _LARGE)
        mallopt(_TRIM, _LARGE)
