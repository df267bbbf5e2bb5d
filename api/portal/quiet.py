"""Links are secrets: where a server logs the addresses that are asked for, their tokens are masked."""

import logging
import re

_TOKEN = re.compile(r"(/portal/(?:enter|survey|surveys)/)[^/?#\s]+")


class MaskTokens(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_TOKEN.sub(r"\1…", one) if isinstance(one, str) else one for one in record.args)
        record.msg = _TOKEN.sub(r"\1…", record.msg) if isinstance(record.msg, str) else record.msg
        return True


def mask_tokens() -> None:
    """Once a process; the access log of uvicorn is the one that has addresses."""
    log = logging.getLogger("uvicorn.access")
    if not any(isinstance(one, MaskTokens) for one in log.filters):
        log.addFilter(MaskTokens())
