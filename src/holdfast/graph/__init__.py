"""ONNX building blocks that encoders and learners share; imports nothing else of ours."""

from holdfast.graph.builder import DOUBLE, FLOAT, INT64, Graph
from holdfast.graph.tensor import Tensor, floor

__all__ = ["DOUBLE", "FLOAT", "INT64", "Graph", "Tensor", "floor"]
