"""What vendors' tills sold and sell, as rows: in which shop, on which day, and of which stock."""

from db.pos.kinds import PRODUCTS, PROMOTIONS, transactions

__all__ = ["PRODUCTS", "PROMOTIONS", "transactions"]
