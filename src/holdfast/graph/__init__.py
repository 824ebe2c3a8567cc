"""ONNX building blocks that encoders and learners share; imports nothing else of ours."""

from holdfast.graph.builder import Graph

__all__ = ["Graph"]
