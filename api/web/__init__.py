"""What every route of the web face shares: access, sessions, problems, bodies, descriptions."""
