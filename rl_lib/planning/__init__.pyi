from .solvers import (
    Solution as Solution,
    evaluate_policy as evaluate_policy,
    soft_value_iteration as soft_value_iteration,
    value_iteration as value_iteration,
)
