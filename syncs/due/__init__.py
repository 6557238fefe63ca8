"""When a sync is due: schedules, pages that wake it, and the sweep for what was missed."""
