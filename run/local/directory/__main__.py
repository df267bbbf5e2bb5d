"""python -m run.local.directory --port P --database-url URL --token-file FILE: the SCIM server on loopback."""

import argparse
from pathlib import Path

import uvicorn

from run.local.directory.app import create_app


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m run.local.directory", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database-url", required=True, help="postgresql://…/directory")
    parser.add_argument("--token-file", type=Path, required=True, help="the bearer token that callers must show")
    options = parser.parse_args()
    app = create_app(options.database_url, options.token_file.read_text().strip())
    # one second is for answers under way; whoever keeps a connection open must not hold up the stop
    uvicorn.run(
        app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )


if __name__ == "__main__":
    main()
