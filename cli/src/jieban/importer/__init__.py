"""Sends the records of a file through intake's batch endpoint: again and again if need be, never twice."""
