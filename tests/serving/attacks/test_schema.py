"""What the API says of itself, held against it by schemathesis."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from serving.guards.guarded import Guarded

NOT_EVERY_FILE_IS_A_PICTURE = positive_data_acceptance
"""This check wants every file accepted, and every tag known: a schema cannot say which are."""
EXAMPLES = 6
MANY_EXAMPLES = 200


@pytest.fixture(scope="module")
def operations(app):
    schema = schemathesis.openapi.from_asgi("/openapi.json", Guarded(app))
    found: list[Any] = list(schema.get_all_operations())
    return [each.ok() for each in found]


@pytest.mark.parametrize(
    "examples",
    [
        EXAMPLES,
        pytest.param(MANY_EXAMPLES, marks=[pytest.mark.slow, pytest.mark.timeout(1200)]),
    ],
)
# Starlette leaves the file of a broken form to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_api_is_what_its_schema_says(operations, examples):
    findings: dict[str, str] = {}
    for operation in operations:

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        )
        @given(case=operation.as_strategy())
        def hold(case):
            case.call_and_validate(excluded_checks=[NOT_EVERY_FILE_IS_A_PICTURE])

        try:
            hold()
        except Exception as finding:  # noqa: BLE001 - all of them are wanted
            findings[operation.label] = repr(getattr(finding, "exceptions", finding))
    assert len(operations) >= 7
    assert findings == {}
