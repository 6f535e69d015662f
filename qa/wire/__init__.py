"""Records to JSON and text, one shape for every entrance."""
