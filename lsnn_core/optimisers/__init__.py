"""From a gradient to new weights and connections: Adam, DEEP R, soft-DEEP R, Muon, schedules."""
