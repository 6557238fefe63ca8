"""Catalogue sources; ``InventoryAPIError`` is any error of theirs."""

from connectors.catalogue.bolibana import BoliBana
from connectors.catalogue.payloads import CategoryPayload, ProductPayload
from connectors.errors import APIError

InventoryAPIError = APIError

__all__ = ["BoliBana", "CategoryPayload", "InventoryAPIError", "ProductPayload"]
