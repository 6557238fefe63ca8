"""What the vendors of one kind have in common, in our words."""

from connectors.families.articles import Location, Price, Product, Promotion
from connectors.families.events import Event, Events
from connectors.families.family import Family
from connectors.families.feeds import Feed, Feeds
from connectors.families.listing import Listing
from connectors.families.periods import Moment
from connectors.families.point_of_sale import PointOfSale
from connectors.families.results import Outcome, Result
from connectors.families.sales import Item, Payment, Status, Transaction

__all__ = [
    "Event",
    "Events",
    "Family",
    "Feed",
    "Feeds",
    "Item",
    "Listing",
    "Location",
    "Moment",
    "Outcome",
    "Payment",
    "PointOfSale",
    "Price",
    "Product",
    "Promotion",
    "Result",
    "Status",
    "Transaction",
]
