"""Chinese map datums to WGS84.

GCJ-02 (AutoNavi, Tencent) is WGS84 moved by a published-by-use polynomial of 100 to 700 m inside China; BD-09 (Baidu)
is GCJ-02 moved once more; CGCS2000 agrees with WGS84 within centimetres. The inverses have no closed form:
fixed-point iteration reaches 1e-9 degrees (0.1 mm) in a few steps.
"""

from collections.abc import Callable
from math import atan2, cos, pi, sin, sqrt
from typing import Literal

Crs = Literal["WGS84", "GCJ02", "BD09", "CGCS2000"]

_A = 6378245.0  # Krasovsky 1940, which the GCJ-02 polynomial is built on
_EE = 0.00669342162296594323
_BD = pi * 3000.0 / 180.0
_PRECISION_DEGREES = 1e-9


def to_wgs84(lon: float, lat: float, crs: Crs) -> tuple[float, float]:
    """Return (lon, lat) in WGS84 degrees, rounded to 1e-7 (1 cm) where a conversion was made."""
    if crs == "BD09":
        return _rounded(_from_gcj02(*_from_bd09(lon, lat)))
    if crs == "GCJ02":
        return _rounded(_from_gcj02(lon, lat))
    return lon, lat


def to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Return the GCJ-02 coordinates of a WGS84 point; outside China nothing is moved."""
    if not (73.66 < lon < 135.05 and 3.86 < lat < 53.55):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    ripple = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    d_lat += ripple + (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    d_lat += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    d_lon += ripple + (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    d_lon += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    radians = lat / 180.0 * pi
    magic = 1 - _EE * sin(radians) ** 2
    d_lat = d_lat * 180.0 / ((_A * (1 - _EE)) / (magic * sqrt(magic)) * pi)
    d_lon = d_lon * 180.0 / (_A / sqrt(magic) * cos(radians) * pi)
    return lon + d_lon, lat + d_lat


def to_bd09(lon: float, lat: float) -> tuple[float, float]:
    """Return the BD-09 coordinates of a GCJ-02 point."""
    radius = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * _BD)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * _BD)
    return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006


def _from_bd09(lon: float, lat: float) -> tuple[float, float]:
    return _inverse(to_bd09, lon, lat)


def _from_gcj02(lon: float, lat: float) -> tuple[float, float]:
    return _inverse(to_gcj02, lon, lat)


def _inverse(moved: Callable[[float, float], tuple[float, float]], lon: float, lat: float) -> tuple[float, float]:
    guess_lon, guess_lat = lon, lat
    for _ in range(10):
        there_lon, there_lat = moved(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + lon - there_lon, guess_lat + lat - there_lat
        if abs(lon - there_lon) + abs(lat - there_lat) < _PRECISION_DEGREES:
            break
    return guess_lon, guess_lat


def _rounded(point: tuple[float, float]) -> tuple[float, float]:
    return round(point[0], 7), round(point[1], 7)
