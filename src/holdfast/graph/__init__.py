"""ONNX building blocks that encoders and learners share; imports nothing else of ours."""

from holdfast.graph.builder import DOUBLE, FLOAT, INT64, Graph, zero_of_each_row
from holdfast.graph.tensor import Tensor, floor

__all__ = ["DOUBLE", "FLOAT", "INT64", "Graph", "Tensor", "floor", "zero_of_each_row"]
