"""What a history is, how it may go on, and how it ends: plain Python."""
