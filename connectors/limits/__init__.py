"""How often and whether a vendor is asked: limits and breakers, of one process or of all."""
