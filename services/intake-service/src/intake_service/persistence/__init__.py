"""Tables, the group-committing writer and the read side."""
