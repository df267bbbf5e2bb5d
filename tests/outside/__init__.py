"""Outside services on a real port: each refuses every request that the vendor's own documentation would not allow."""
