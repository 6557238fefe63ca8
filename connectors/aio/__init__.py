"""The connectors, awaited: ``await pos.get_transactions(…)``. Each call runs in a thread."""
