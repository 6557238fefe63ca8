"""What vendors call: a person's browser that comes back with their consent, and events."""
