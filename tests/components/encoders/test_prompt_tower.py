"""Learned prompts as tokens of a real text tower, small and with random weights."""

import json
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from components.encoders.catalog import build_encoder
from components.encoders.config import ConseConfig, OpenClipConfig
from components.encoders.encoder import Encoder
from components.encoders.prompt_tower import prompter_of
from components.errors import InputError
from components.models import prompt_tokens
from tests.components.encoders.tiny_checkpoint import write_checkpoint

NAMES = ("cat", "dog", "cat dog", "{name}", "c-3")
TEMPLATE = "a dog cat {name}"
CARDS = Path(__file__).parents[3] / "examples" / "cards" / "encoder"
KINDS = {
    "clip": {},
    "custom": {"custom_text": True},
    "end mark by number": {"custom_text": True, "text": {"pool_type": "eos", "eos_id": 517}},
    "both ways, last": {
        "custom_text": True,
        "text": {"no_causal_mask": True, "pool_type": "last", "proj_bias": True},
    },
    "both ways, first": {
        "custom_text": True,
        "text": {"no_causal_mask": True, "pool_type": "first", "proj_type": "none"},
    },
}


def encoder_of(directory: Path, kind: dict) -> Encoder:
    write_checkpoint(directory)
    path = directory / "open_clip_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["model_cfg"]["custom_text"] = kind.get("custom_text", False)
    config["model_cfg"]["text_cfg"].update(kind.get("text", {}))
    if kind.get("text"):
        _write_weights(directory, config["model_cfg"])
    path.write_text(json.dumps(config), encoding="utf-8")
    return build_encoder(OpenClipConfig(model=f"local-dir:{directory}"))


def _write_weights(directory: Path, model_config: dict) -> None:
    from open_clip.model import CustomTextCLIP
    from safetensors.torch import save_file

    if model_config["text_cfg"].get("proj_type") == "none":
        model_config["embed_dim"] = model_config["text_cfg"]["width"]
    plain = {name: value for name, value in model_config.items() if name != "custom_text"}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = CustomTextCLIP(**plain)
    save_file(model.state_dict(), directory / "open_clip_model.safetensors")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return encoder_of(tmp_path_factory.mktemp("checkpoint"), {})


@pytest.fixture
def prompter(encoder):
    return prompter_of(encoder, NAMES, TEMPLATE)


def drawn(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def sentences(names=NAMES, template=TEMPLATE):
    return [template.replace("{name}", name) for name in names]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("shared", [True, False])
def test_the_start_is_zero_shot(tmp_path, kind, shared):
    encoder = encoder_of(tmp_path, kind)
    found = prompter_of(encoder, NAMES, TEMPLATE).prompts(shared=shared)
    torch.testing.assert_close(found(), encoder.encode_texts(sentences()), atol=1e-5, rtol=0)
    assert found.context.shape == (1 if shared else len(NAMES), 3, 32)


def test_the_start_is_zero_shot_with_trained_weights_and_words_after_the_name():
    encoder = build_encoder(OpenClipConfig(model=f"local-dir:{CARDS}"))
    names, template = ("umbrella", "red apple", "dog"), "A photo of a {name}, drawn."
    found = prompter_of(encoder, names, template).prompts()
    expected = encoder.encode_texts(sentences(names, template))
    torch.testing.assert_close(found(), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "cat"), (2, "dog cat"), (5, "dog cat a dog cat"), (7, "a a dog cat a dog cat")],
)
def test_fewer_or_more_tokens_repeat_the_words_up_to_the_name(encoder, prompter, count, words):
    words = words.replace("a a", "cat a", 1) if count == 7 else words
    expected = encoder.encode_texts(sentences(template=f"{words} {{name}}"))
    torch.testing.assert_close(prompter.prompts(count)(), expected, atol=1e-5, rtol=0)


def test_gradients_reach_the_tokens_and_not_the_tower(prompter):
    found = prompter.prompts()
    (found() ** 3).sum().backward()
    assert found.context.grad.abs().sum(dim=(1, 2)).min() > 0
    assert all(each.grad is None for each in found.tower.parameters())
    assert dict(found.named_parameters()).keys() == {"context"}
    assert found.state_dict().keys() == {"context"}


def test_gradients_agree_with_finite_differences(tmp_path):
    encoder = encoder_of(tmp_path, {})
    found = prompter_of(encoder, NAMES[:3], TEMPLATE).prompts(2).double()

    def vectors(context):
        return torch.func.functional_call(found, {"context": context}, ())

    assert next(found.tower.parameters()).dtype == torch.float64
    assert torch.autograd.gradcheck(vectors, (found.context,))


def test_a_step_on_one_labels_tokens_moves_that_label_alone(prompter):
    found = prompter.prompts()
    before = found().detach()
    with torch.no_grad():
        found.context[1] += torch.linspace(-0.3, 0.3, 32)
    moved = (found() - before).abs().amax(dim=1) > 1e-6
    assert moved.tolist() == [False, True, False, False, False]


def test_the_order_of_labels_does_not_matter(encoder, prompter):
    order = [3, 0, 4, 1, 2]
    turned = prompter_of(encoder, [NAMES[place] for place in order], TEMPLATE).prompts()
    found = prompter.prompts()
    with torch.no_grad():
        found.context.add_(drawn(*found.context.shape))
        turned.context.copy_(found.context[order])
    torch.testing.assert_close(turned(), found()[order], atol=1e-6, rtol=0)


@pytest.mark.parametrize("shared", [True, False])
def test_labels_in_parts_give_the_same_vectors_and_gradients(monkeypatch, prompter, shared):
    found = prompter.prompts(shared=shared)
    weights = drawn(len(NAMES), 24)
    (whole,) = torch.autograd.grad((found() * weights).sum(), found.context)
    vectors = found()
    monkeypatch.setattr(prompt_tokens, "LABELS_AT_ONCE", 2)
    (parts,) = torch.autograd.grad((found() * weights).sum(), found.context)
    torch.testing.assert_close(found(), vectors, atol=1e-6, rtol=0)
    torch.testing.assert_close(parts, whole, atol=1e-5, rtol=1e-4)


def test_memory_does_not_grow_with_the_number_of_labels(encoder):
    """What is kept for the gradient: the tokens and the vectors, not the tower's layers."""

    def kept(count):
        sizes = []

        def pack(value):
            sizes.append(value.numel())
            return value

        found = prompter_of(encoder, [f"c {number}" for number in range(count)], TEMPLATE)
        prompts = found.prompts(shared=True)
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda value: value):
            vectors = prompts()
        vectors.sum().backward()
        return sum(sizes)

    assert kept(1280) < 2 * kept(128)


@pytest.mark.parametrize(
    ("names", "template", "said"),
    [
        (("cat", "dog " * 20), TEMPLATE, "takes .* tokens or more"),
        (("cat", "x" * 5000), TEMPLATE, "takes .* tokens or more"),
        (("cat",), "{name}", "words before"),
        (("cat",), "a dog-{name}", None),
        (("cat",), "a dog{name}", "stand apart"),
    ],
)
def test_what_does_not_fit_is_explained(encoder, names, template, said):
    if said is None:
        assert prompter_of(encoder, names, template).prompts()().shape == (1, 24)
        return
    with pytest.raises(InputError, match=said):
        prompter_of(encoder, names, template)


@pytest.mark.parametrize("count", [0, -1, 9, 100])
def test_too_many_tokens_are_refused_with_what_is_left(prompter, count):
    with pytest.raises(InputError, match="leaves 1 to 8"):
        prompter.prompts(count)


def test_an_encoder_without_text_tokens_is_refused():
    encoder = build_encoder(ConseConfig())
    with pytest.raises(InputError, match=r"encoder\.kind to open_clip"):
        prompter_of(encoder, NAMES, TEMPLATE)


def test_a_tower_of_another_kind_is_refused(encoder, monkeypatch):
    monkeypatch.setattr(encoder, "_model", torch.nn.ModuleDict({"text": torch.nn.Linear(2, 2)}))
    with pytest.raises(InputError, match="Linear"):
        prompter_of(encoder, NAMES, TEMPLATE)


def test_vectors_are_of_unit_length_wherever_the_tokens_are(prompter):
    found = prompter.prompts(6)
    with torch.no_grad():
        found.context.copy_(3 * drawn(*found.context.shape))
    vectors = found()
    torch.testing.assert_close(functional.normalize(vectors, dim=-1), vectors)
