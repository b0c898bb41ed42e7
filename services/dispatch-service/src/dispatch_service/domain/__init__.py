"""What dispatch decides, in plain Python: who answers for a place, and what may follow what."""
