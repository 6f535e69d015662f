"""From weights to what ships: the small file, what it costs, and the confidence that goes with it."""
