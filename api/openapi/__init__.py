"""The OpenAPI document, made of what stands beside each view, and the page that shows it."""
