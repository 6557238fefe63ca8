"""Stand-ins of the outside systems, spoken to over real HTTP, with faults to order."""
