"""What an operator sees of syncs, runs and whatever waits for a person."""
