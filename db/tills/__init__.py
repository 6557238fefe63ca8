"""What the tills sell: terminals, batches, sales, and the figures made of them."""
