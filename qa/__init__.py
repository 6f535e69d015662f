"""Questions in, cited answers out."""

from qa.answerer import Answerer
from qa.reading import load_reader
from qa.types import Answer, Candidate, Citation, Reader, Turn

__all__ = ["Answer", "Answerer", "Candidate", "Citation", "Reader", "Turn", "load_reader"]
