"""The OpenAPI document, made of what is declared beside each view, and the page that shows it."""
