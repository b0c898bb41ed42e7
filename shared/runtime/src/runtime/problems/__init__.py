"""Errors as RFC 9457 `application/problem+json`, in Chinese or English."""

from runtime.problems.catalogue import register_texts
from runtime.problems.handlers import install, render_below, response_to, unforeseen
from runtime.problems.openapi import PROBLEM_RESPONSES
from runtime.problems.problem import FieldError, Problem

__all__ = [
    "PROBLEM_RESPONSES",
    "FieldError",
    "Problem",
    "install",
    "register_texts",
    "render_below",
    "response_to",
    "unforeseen",
]
