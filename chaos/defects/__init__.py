"""Twelve seeded defects, each a piece of the product replaced in a running process, to show that the checker bites.

Nothing of this is part of any package that ships: a defect exists only in processes started by way of
`chaos.defects.defective`.
"""
