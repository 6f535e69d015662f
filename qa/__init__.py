"""Questions in, cited answers out."""

from qa.answerer import Answerer
from qa.reader import SentenceReader
from qa.types import Answer, Candidate, Citation, Reader, Turn

__all__ = ["Answer", "Answerer", "Candidate", "Citation", "Reader", "SentenceReader", "Turn"]
