"""Work and what became of it: runs, leases, slots, rejects, failures."""
