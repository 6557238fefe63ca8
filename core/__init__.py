"""Words every layer shares. Imports nothing of ours."""
