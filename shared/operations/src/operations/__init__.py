"""What the three services share in operation: how one is assembled, when it is ready, what to do with parked messages.

The only shared package that may know both the event bus and the web framework.
"""
