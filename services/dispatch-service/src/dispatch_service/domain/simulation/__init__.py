"""A planner's simulator 推演: a period's cases against another roster, map of grids, rule set or make-up of teams."""
