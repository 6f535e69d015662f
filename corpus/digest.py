"""What a digest looks like, wherever one is kept: ``sha256:<hex>``."""

import hashlib


def digest(data: bytes) -> str:
    """Of these bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
