"""Text to vectors: an encoder is exported once, and runs without the library that made it."""

from index.encoder.export import DEFAULT_ENCODER, load_encoder
from index.encoder.onnx import OnnxEncoder

__all__ = ["DEFAULT_ENCODER", "OnnxEncoder", "load_encoder"]
