"""An expectation that Great Expectations lacks: no group lies in two splits.

Importing this module imports Great Expectations, which takes seconds; only the
code that runs the checks does so.
"""

from typing import Any

from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

METRIC = "table.groups_across_splits"


class GroupsAcrossSplits(TableMetricProvider):
    """The members of every group that occurs in more than one split."""

    metric_name = METRIC
    value_keys = ("group", "split", "shown")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805 - the decorator makes it a class method
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: object,
    ) -> list[list[str]]:
        frame, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, domain_type="table")
        group, split, shown = (metric_value_kwargs[key] for key in ("group", "split", "shown"))
        leaked = frame.groupby(group)[split].transform("nunique") > 1
        return [
            [f"{row[shown]} ({row[split]})" for _, row in members.iterrows()]
            for _, members in frame[leaked].groupby(group)
        ]


class ExpectNoGroupAcrossSplits(BatchExpectation):
    """Expect that all rows with one value of ``group`` are in one split."""

    group: str
    split: str
    shown: str

    metric_dependencies = (METRIC,)
    success_keys = ("group", "split", "shown")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: object = None,
    ) -> dict[str, Any]:
        groups = metrics[METRIC]
        return {
            "success": not groups,
            "result": {
                "observed_value": len(groups),
                "unexpected_count": len(groups),
                "partial_unexpected_list": [" = ".join(group) for group in groups[:20]],
            },
        }
