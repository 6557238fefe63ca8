"""What vendors announce: received and stored, then believed by asking the vendor."""
