"""What a tenant configures of intake: categories with their questions, duty lists, sources."""
