"""What dispatch does: assigns what comes in, and carries out what officers and dispatchers ask for."""
