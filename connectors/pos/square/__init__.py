"""Square, the point of sale."""

from connectors.pos.square.connector import SquareConnector

__all__ = ["SquareConnector"]
