"""What dispatch does with the events it consumes."""
