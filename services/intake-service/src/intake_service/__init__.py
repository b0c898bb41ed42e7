"""Intake 受理: receives complaints and owns what their reporters said."""
