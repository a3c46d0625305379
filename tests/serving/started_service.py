"""The whole service as `efuda serve` starts it, in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from components.atomic import read_json
from components.bundle import write_bundle
from components.encoders.catalog import build_encoder
from components.encoders.config import OpenClipConfig
from components.models.heads.linear import LinearHead
from components.models.tagger import Tagger
from components.search.index import SearchIndex
from components.search.modality_means import ModalityMeans
from tests.components.encoders.tiny_checkpoint import write_checkpoint
from tests.serving.tiny_bundle import COLOURS, NUM_EACH, card, tiny_bundle

START_TIMEOUT_S = 300


def write_real_bundle(root: Path) -> Path:
    """The tiny bundle again, with vectors of an open_clip model of random weights."""
    tiny_bundle(root)
    config = OpenClipConfig(model=f"local-dir:{write_checkpoint(root / 'weights')}")
    encoder = build_encoder(config)
    cards = [card(name, place) for name in COLOURS for place in range(NUM_EACH)]
    vectors = encoder.encode_images(torch.stack([encoder.preprocess(each) for each in cards]))
    found = vectors.global_vectors.numpy()
    facts = {"preview_px": 96, "relevance_leads": {"text": 0.4}}
    ModalityMeans(found.mean(axis=0), found.mean(axis=0), "none").save(root / "index")
    SearchIndex(encoder.id, found.astype(np.float16), None, facts).save(root / "index")
    tagger = Tagger.load(root / "tagger")
    bias = tagger.head.state_dict()["bias"].numpy()
    head = LinearHead.of(found[::NUM_EACH] * 20, bias)
    replace(tagger, encoder_id=encoder.id, head=head).save(root / "tagger")
    write_bundle(
        root / "served",
        encoder_config=config,
        tagger_dir=root / "tagger",
        calibration_path=root / "calibration.json",
        index_dir=root / "index",
        vocabulary_path=root / "vocabulary.json",
        templates=["a {name} card"],
        name="served",
    )
    return root / "served"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service(NamedTuple):
    pid: int
    url: str


@contextmanager
def started(bundle: Path) -> Generator[Service]:
    """A service for a bundle, for the time of the block."""
    port = free_port()
    command = [sys.executable, "-m", "efuda.cli", "serve", "--bundle", str(bundle)]
    command += ["--port", str(port), "--json", "--threads", "1"]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    watchdog = threading.Timer(START_TIMEOUT_S, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"the service did not start (exit status {process.poll()})"
        assert json.loads(line)["version"] == read_json(bundle / "bundle.json")["version"]
        watchdog.cancel()
        yield Service(process.pid, f"http://127.0.0.1:{port}")
    finally:
        watchdog.cancel()
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=60)
        if process.stdout is not None:
            process.stdout.close()
    assert status == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
