"""torch's names for what the engine does: functions, and in `methods` what a tensor can do."""
