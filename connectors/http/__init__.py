"""The one HTTP client, and how it walks pages."""
