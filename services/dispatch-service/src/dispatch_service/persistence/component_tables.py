"""The register of components 部件, and which of them a case is about."""

import sqlalchemy as sa

COMPONENT_STATES = ("in_use", "damaged", "removed")
"""在用、破损、拆除."""


def component_column() -> sa.Column[object]:
    """Return what a case has of it; that the component is there, whoever changes either sees to."""
    return sa.Column("component", sa.Text, comment="that it is about, as staff have said; null: none")


def add_component_table(metadata: sa.MetaData, case: sa.Table) -> None:
    """Add components, and the index that finds the cases about one."""
    component = sa.Table(
        "component",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("class_code", sa.Text, nullable=False, comment="as GB/T 30428.2 or the county numbers classes"),
        sa.Column("class_zh", sa.Text, nullable=False),
        sa.Column("class_en", sa.Text),
        sa.Column("owner", sa.Text, comment="a department; null: unknown"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("lon", sa.Double, nullable=False),
        sa.Column("lat", sa.Double, nullable=False),
        sa.Column(
            "generated", sa.Boolean, nullable=False, server_default=sa.false(), comment="made up for a demonstration"
        ),
        sa.ForeignKeyConstraint(["tenant", "owner"], ["department.tenant", "department.code"]),
        sa.CheckConstraint(sa.column("state").in_(COMPONENT_STATES), name="component_state"),
    )
    sa.Index("component_by_place", component.c.tenant, component.c.lon, component.c.lat)
    sa.Index("component_by_owner", component.c.tenant, component.c.owner, component.c.code)
    sa.Index(
        "dispatch_case_by_component",
        *(case.c.tenant, case.c.component, case.c.complaint_id),
        postgresql_where=case.c.component.is_not(None),
    )
