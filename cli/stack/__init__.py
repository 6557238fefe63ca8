"""What keeps the processes of one machine running: the supervisor, its children, a Redis."""
