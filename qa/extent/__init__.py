"""Of a reader's span the answer that it is, or is a part of."""

from qa.extent.whole import extent

__all__ = ["extent"]
