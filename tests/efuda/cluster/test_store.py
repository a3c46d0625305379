import pytest

from components.errors import InputError
from efuda.cluster.store import dvc, find_store, forget, receive, send


def add_remote(root, name, url):
    dvc(root, "remote", "add", name, url)


def test_a_folder_is_known_by_its_whole_path_and_a_bucket_by_none(toy_project):
    add_remote(toy_project, "disk", "../shared")
    add_remote(toy_project, "bucket", "s3://bucket/birds")
    assert find_store(toy_project, "disk").folder == str(toy_project.parent / "shared")
    assert find_store(toy_project, "bucket").folder is None


def test_an_unknown_remote_and_a_told_password_are_refused(toy_project):
    with pytest.raises(InputError, match="dvc remote add nowhere URL"):
        find_store(toy_project, "nowhere")
    add_remote(toy_project, "bucket", "s3://bucket/birds")
    dvc(toy_project, "remote", "modify", "bucket", "secret_access_key", "hush")
    with pytest.raises(InputError, match="--local bucket secret_access_key") as fault:
        find_store(toy_project, "bucket")
    assert "hush" not in str(fault.value)


def test_results_are_left_fetched_and_forgotten(toy_project, tmp_path):
    add_remote(toy_project, "disk", "../shared")
    archive, back = tmp_path / "results.tar.gz", tmp_path / "back.tar.gz"
    archive.write_bytes(b"figures")
    assert not receive(toy_project, "disk", "job", back)
    send(toy_project, "disk", archive, "job")
    assert receive(toy_project, "disk", "job", back)
    assert back.read_bytes() == b"figures"
    forget(toy_project, "disk", "job")
    assert not receive(toy_project, "disk", "job", back)
