"""The RayJob and the RayService."""

import jsonschema
import kubernetes_validate
import pytest

from tests.infra.kuberay import check, cluster_of, templates_of
from tests.infra.places import changed, load

JOB = "kuberay/rayjob.yaml"
SERVICE = "kuberay/rayservice.yaml"
each = pytest.mark.parametrize("name", [JOB, SERVICE])
POD = "headGroupSpec.template.spec"


@each
def test_wrapper_and_pods_are_valid(name):
    check(load(name))


def test_the_job_has_a_head_and_workers():
    assert len(templates_of(cluster_of(load(JOB)))) == 2


@each
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("apiVersion", "ray.io/v1alpha1"),
        ("kind", "RayCluster"),
        ("metadata.name", "Efuda_Run"),
        ("spec.entrypoints", "efuda run"),
    ],
)
def test_a_broken_wrapper_is_seen(name, path, value):
    with pytest.raises(jsonschema.ValidationError):
        check(changed(load(name), path, value))


@each
@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("authOptions", None, jsonschema.ValidationError),
        ("authOptions.mode", "disabled", jsonschema.ValidationError),
        ("headGroupSpec.rayStartParams.num-cpus", 2, jsonschema.ValidationError),
        ("rayVersion", "2.9.0", AssertionError),
        (f"{POD}.containers", None, kubernetes_validate.ValidationError),
        (f"{POD}.containers.0.images", "efuda", kubernetes_validate.ValidationError),
        (f"{POD}.containers.0.ports.0.containerPort", "gcs", kubernetes_validate.ValidationError),
        (f"{POD}.containers.0.image", "efuda:latest", AssertionError),
        (f"{POD}.containers.0.volumeMounts.0.name", "projects", AssertionError),
        (f"{POD}.securityContext.runAsNonRoot", False, AssertionError),
    ],
)
def test_a_broken_cluster_is_seen(name, path, value, fault):
    document = load(name)
    changed(cluster_of(document), path, value)
    with pytest.raises(fault):
        check(document)


def test_a_broken_group_of_workers_is_seen():
    document = load(JOB)
    changed(cluster_of(document), "workerGroupSpecs.0.minReplicas", "1")
    with pytest.raises(jsonschema.ValidationError):
        check(document)
