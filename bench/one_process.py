"""All three services in one process, on the servers of the environment: `python -m bench.one_process PORT`.

What `jieban up` does, less the servers, which the benchmark has started itself.
"""

import sys

from jieban.composition import build
from jieban.services import ALL_SERVICES
from jieban.settings import read_settings
from runtime import lifecycle, logging

if __name__ == "__main__":
    settings = read_settings()
    logging.configure(settings.log_level, settings.log_format)
    lifecycle.run(
        lifecycle.serve(
            build(ALL_SERVICES, settings),
            roles=frozenset({"api", "relay", "consumer"}),
            host="127.0.0.1",
            port=int(sys.argv[1]),
        )
    )
