"""What every door of the web face shares: access, sessions, problems, bodies, descriptions."""
