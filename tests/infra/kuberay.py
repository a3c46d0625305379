"""What is checked in a RayJob or a RayService: the wrapper here, its pods by Kubernetes' schema."""

from importlib.metadata import version
from typing import Any

import jsonschema
import kubernetes_validate

KUBERNETES = "1.31"


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


NUMBER = {"type": "integer", "minimum": 0}
TEXT = {"type": "string", "minLength": 1}
PARAMS = {"type": "object", "additionalProperties": {"type": "string"}}
POD = {"type": "object", "required": ["spec"]}
HEAD = _closed(["rayStartParams", "template"], rayStartParams=PARAMS, template=POD)
WORKERS = _closed(
    ["groupName", "replicas", "minReplicas", "maxReplicas", "template"],
    groupName=TEXT,
    replicas=NUMBER,
    minReplicas=NUMBER,
    maxReplicas=NUMBER,
    rayStartParams=PARAMS,
    template=POD,
)
CLUSTER = _closed(
    ["rayVersion", "authOptions", "headGroupSpec"],
    rayVersion=TEXT,
    authOptions=_closed(["mode"], mode={"const": "token"}),
    headGroupSpec=HEAD,
    workerGroupSpecs={"type": "array", "items": WORKERS},
)
SPECS = {
    "RayJob": _closed(
        ["entrypoint", "rayClusterSpec"],
        entrypoint=TEXT,
        shutdownAfterJobFinishes={"type": "boolean"},
        ttlSecondsAfterFinished=NUMBER,
        backoffLimit=NUMBER,
        rayClusterSpec=CLUSTER,
    ),
    "RayService": _closed(
        ["serveConfigV2", "rayClusterConfig"], serveConfigV2=TEXT, rayClusterConfig=CLUSTER
    ),
}
WRAPPER = _closed(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "ray.io/v1"},
    kind={"enum": [*SPECS]},
    metadata=_closed(["name"], name={"type": "string", "pattern": "^[a-z][-a-z0-9]{0,40}$"}),
    spec={"type": "object"},
)


def check(document: dict[str, Any]) -> None:
    """Refuse what KubeRay or Kubernetes would, and pods that may do more than they need."""
    jsonschema.validate(document, WRAPPER)
    jsonschema.validate(document["spec"], SPECS[document["kind"]])
    cluster = cluster_of(document)
    assert cluster["rayVersion"] == version("ray")
    for template in templates_of(cluster):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "node"}, **template}
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)
        _check_pod(template["spec"])


def cluster_of(document: dict[str, Any]) -> dict[str, Any]:
    """The part that describes the cluster."""
    spec = document["spec"]
    return spec["rayClusterSpec"] if document["kind"] == "RayJob" else spec["rayClusterConfig"]


def templates_of(cluster: dict[str, Any]) -> list[dict[str, Any]]:
    """The pods of all groups."""
    groups = [cluster["headGroupSpec"], *cluster.get("workerGroupSpecs", [])]
    return [group["template"] for group in groups]


def _check_pod(spec: dict[str, Any]) -> None:
    assert spec["securityContext"]["runAsNonRoot"]
    volumes = {volume["name"] for volume in spec["volumes"]}
    for container in spec["containers"]:
        name, _, tag = container["image"].partition(":")
        assert (name, tag) == ("efuda", version("efuda"))
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
