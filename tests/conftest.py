"""What every suite may use: the servers of `stack.py`, and how hypothesis searches."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["stack", "s3"]

settings.register_profile("jieban", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("jieban")  # how long an example takes says how busy the machine is, not what the code does
