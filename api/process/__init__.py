"""How this process is, for who keeps it running: health, readiness, metrics."""
