"""What is measured of answers, rankings and confidence, and how sure a figure is."""
