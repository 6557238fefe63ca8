"""What an operator does: each act in one transaction, with its audit."""
