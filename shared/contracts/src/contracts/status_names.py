"""What people call the states of a complaint."""

from collections.abc import Mapping

from contracts.lifecycle import Status

STATUS_NAMES: Mapping[str, tuple[str, str]] = {
    Status.RECEIVED: ("已受理", "Received"),
    Status.ASSIGNED: ("已派遣", "Assigned to a unit"),
    Status.ACCEPTED: ("已接单", "Accepted by the unit"),
    Status.IN_PROGRESS: ("处置中", "Being handled on site"),
    Status.RESOLVED: ("已处置，待核查", "Handled, to be verified"),
    Status.VERIFIED: ("已核查", "Verified"),
    Status.CLOSED: ("已结案", "Closed"),
    Status.SUSPENDED: ("已挂账", "Suspended"),
    Status.TRANSFERRED: ("已转办", "Transferred to another department"),
    Status.WITHDRAWN: ("已撤回", "Withdrawn"),
    Status.VOIDED: ("已作废", "Voided"),
    Status.REJECTED: ("不予受理", "Rejected"),
    Status.MERGED: ("已并案", "Merged with another"),
}
"""In Chinese and in English."""
