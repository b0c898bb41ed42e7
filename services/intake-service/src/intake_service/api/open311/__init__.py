"""Open311 GeoReport v2, for clients that speak it: the same complaints, in its words and formats."""
