"""No file of `infra/` goes unchecked."""

from tests.infra.places import INFRA

CHECKED = {
    "Containerfile": "test_containerfile.py",
    "efuda-serve.service": "test_systemd.py",
    "ray-cluster.yaml": "test_ray_cluster.py",
    "serve-config.yaml": "test_serve_config.py",
    "kuberay/rayjob.yaml": "test_kuberay.py",
    "kuberay/rayservice.yaml": "test_kuberay.py",
}


def test_every_file_has_a_check():
    files = {path.relative_to(INFRA).as_posix() for path in INFRA.rglob("*") if path.is_file()}
    assert files == set(CHECKED)
