"""From a gradient to new weights and new connections: Adam, DEEP R, soft-DEEP R, schedules."""
