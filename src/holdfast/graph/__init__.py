"""ONNX building blocks that encoders and learners share; imports nothing else of ours."""

from holdfast.graph.builder import Graph
from holdfast.graph.tensor import Tensor, floor

__all__ = ["Graph", "Tensor", "floor"]
