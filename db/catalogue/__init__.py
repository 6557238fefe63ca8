"""The catalogue: shops, categories, products, their stock and what people decided about them."""
