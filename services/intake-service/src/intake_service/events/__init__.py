"""What intake learns from the lifecycle topic."""
