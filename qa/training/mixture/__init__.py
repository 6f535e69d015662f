"""What a pass is made of: which examples are drawn, and those that are made by rule."""
