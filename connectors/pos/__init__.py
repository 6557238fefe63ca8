"""Points of sale, and what they sell in our words."""

from connectors.families import (
    Item,
    Location,
    Payment,
    PointOfSale,
    Price,
    Product,
    Promotion,
    Result,
    Transaction,
)
from connectors.pos.square import SquareConnector

__all__ = [
    "Item",
    "Location",
    "Payment",
    "PointOfSale",
    "Price",
    "Product",
    "Promotion",
    "Result",
    "SquareConnector",
    "Transaction",
]
