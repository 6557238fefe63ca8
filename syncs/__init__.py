"""What moves between sources and the store; the only place that knows both."""
