"""Histories in which everything happens that figures are made of."""

from datetime import datetime
from uuid import UUID, uuid4

from contracts.closing_events import Ending, FeedbackChannel, FollowUpOutcome
from contracts.envelope import Event
from contracts.events import (
    AppealDecided,
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintContributed,
    ComplaintEscalated,
    ComplaintExcluded,
    ComplaintExtended,
    ComplaintForceClosed,
    ComplaintVerified,
    ComplaintVoided,
    EndingDecided,
    FeedbackReceived,
    FollowedUp,
    OrderMissed,
    OrderReplied,
    OrderWithdrawn,
    RatingAppealed,
    Satisfaction,
    SupervisionOrder,
)
from contracts.lifecycle import EventType
from histories import OFFICER, OWNER, History

OPERATOR, INSPECTOR, SUPERVISOR, DISPATCHER = "operator-1", "inspector-1", "supervisor-1", "dispatcher-1"


class Eventful(History):
    """A history with the ledger's own events too, at times of the caller's choice."""

    def at(self, time: datetime) -> Event:
        """Move the newest event to that time."""
        self.events[-1] = self.events[-1]._replace(time=time)
        return self.events[-1]

    def promised(self, promised_at: datetime, *, team: str = "team-01", officer: str | None = None) -> Event:
        data = ComplaintAssigned(
            team=team,
            team_name=f"{team} 网格队",
            grid=team.replace("team", "grid"),
            community="fulai",
            round=1 + sum(event.type in (EventType.REWORK_ORDERED, EventType.REOPENED) for event in self.events),
            rule="grid",
            officer=officer,
            promised_at=promised_at,
        )
        return self.event(EventType.ASSIGNED, data)

    def extended(self, promised_at: datetime) -> Event:
        data = ComplaintExtended(
            actor=DISPATCHER, team="team-01", reason="等配件", asked_by=OFFICER, promised_at=promised_at
        )
        return self.event(EventType.EXTENDED, data)

    def ordered(self, team: str = "team-01", *, deadline: datetime) -> Event:
        order = SupervisionOrder(id=uuid4(), deadline=deadline, text="限期答复")
        data = ComplaintEscalated(stage="resolve", team=team, order=order, actor=SUPERVISOR)
        return self.event(EventType.ESCALATED, data)

    def order_replied(self, officer: str = OFFICER, *, order: UUID | None = None, late: bool = False) -> Event:
        data = OrderReplied(actor=officer, team="team-01", order_id=order or uuid4(), text="已加派人手", late=late)
        return self.event(EventType.ORDER_REPLIED, data)

    def order_missed(self, team: str = "team-01", *, deadline: datetime, order: UUID | None = None) -> Event:
        data = OrderMissed(order_id=order or uuid4(), deadline=deadline, team=team, ordered_by=SUPERVISOR)
        return self.event(EventType.ORDER_MISSED, data)

    def order_withdrawn(self, order: UUID | None = None) -> Event:
        data = OrderWithdrawn(order_id=order or uuid4(), team="team-01", reason="已办结", actor=SUPERVISOR)
        return self.event(EventType.ORDER_WITHDRAWN, data)

    def contributed(
        self, team: str = "team-02", officer: str = "officer-2", *, supporting: bool = True, part_done: bool = False
    ) -> Event:
        facts = {"actor": officer, "team": team, "supporting": supporting, "text": "已清运", "part_done": part_done}
        return self.event(EventType.CONTRIBUTED, ComplaintContributed.model_validate(facts))

    def verified(self) -> Event:
        return self.event(EventType.VERIFIED, ComplaintVerified(actor=INSPECTOR, method="on_site"))

    def closed(self) -> Event:
        return self.event(EventType.CLOSED, ComplaintClosed(gates=("verification",)))

    def rated(
        self, satisfaction: Satisfaction = "satisfied", *, solved: bool = True, channel: FeedbackChannel = "account"
    ) -> Event:
        data = FeedbackReceived(actor=OWNER, satisfaction=satisfaction, solved=solved, channel=channel)
        return self.event(EventType.FEEDBACK_RECEIVED, data)

    def called(
        self, outcome: FollowUpOutcome, satisfaction: Satisfaction | None = None, *, solved: bool | None = None
    ) -> Event:
        data = FollowedUp(
            actor=OPERATOR,
            task=uuid4(),
            attempt=1,
            outcome=outcome,
            satisfaction=satisfaction,
            solved=solved,
            done=True,
        )
        return self.event(EventType.FOLLOWED_UP, data)

    def appealed(self, rating: UUID) -> Event:
        return self.event(EventType.RATING_APPEALED, RatingAppealed(actor=OFFICER, reason="与事实不符", rating=rating))

    def decided(self, appeal: UUID, *, upheld: bool = True) -> Event:
        data = AppealDecided(actor=SUPERVISOR, appeal=appeal, upheld=upheld, reason="已核实")
        return self.event(EventType.APPEAL_DECIDED, data)

    def excluded(self, indicators: str, *, excluded: bool = True) -> Event:
        facts = {"actor": SUPERVISOR, "indicators": indicators, "excluded": excluded, "reason": "恶劣天气"}
        return self.event(EventType.EXCLUDED, ComplaintExcluded.model_validate(facts))

    def voided(self) -> Event:
        return self.event(EventType.VOIDED, ComplaintVoided(actor=SUPERVISOR, decision=uuid4(), reason="误立案"))

    def force_closed(self) -> Event:
        data = ComplaintForceClosed(actor=SUPERVISOR, decision=uuid4(), reason="无法联系", gates=())
        return self.event(EventType.FORCE_CLOSED, data)

    def ending_decided(self, ending: Ending, *, approved: bool = True) -> Event:
        data = EndingDecided(actor=SUPERVISOR, request=uuid4(), ending=ending, approved=approved)
        return self.event(EventType.ENDING_DECIDED, data)
