"""Square, the point of sale."""

from connectors.pos.square.connector import SquareConnector
from connectors.pos.square.oauth import PROVIDER

__all__ = ["PROVIDER", "SquareConnector"]
