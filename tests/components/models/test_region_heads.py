import numpy as np
import pytest
import torch

from components.errors import InputError
from components.labels.vocabulary import Vocabulary
from components.models.heads.catalog import head_class
from components.models.heads.summed import SummedHead
from components.models.images import Images
from components.models.tagger import Tagger
from tests.reference.region_heads import attended_region, evidence_logit

IMAGES, REGIONS, LABELS, EMBED = 3, 4, 5, 8
KINDS = ["linear", "region_query", "evidence_pool", "summed"]
REGION_KINDS = KINDS[1:]


def drawn_head(kind, seed=0):
    """A head with nothing left at zero, so that every part counts."""
    head = head_class(kind).empty(num_labels=LABELS, embed_dim=EMBED)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in head.state_dict().values():
            value.copy_(torch.randn(value.shape, generator=generator) * 0.5)
        for name, value in head.named_buffers():
            if name.endswith("scale"):
                value.fill_(0.7)
    return head.eval()


def drawn_images(seed=1):
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(IMAGES, EMBED))
    return vectors, random.normal(size=(IMAGES, REGIONS, EMBED))


def slow_regions(head, regions):
    """R of every image and label."""
    parts = (head.down.weight, head.down.bias, head.up.weight)
    down, bias, up = (each.detach().numpy() for each in parts)
    queries = head.query.detach().numpy()
    return np.array(
        [[attended_region(image, query, down, bias, up) for query in queries] for image in regions]
    )


def test_every_product_with_the_attended_region_equals_forming_it():
    head = drawn_head("region_query").double()
    regions = drawn_images()[1]
    formed = slow_regions(head, regions)
    others = torch.randn(3, EMBED, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    others = torch.nn.functional.normalize(others, dim=1)
    with torch.no_grad():
        attended = head.attend(torch.from_numpy(regions))
        prompts = head.prompts
        rows, labels = torch.tensor([0, 2, 2]), torch.tensor([4, 0, 3])
        np.testing.assert_allclose(attended.inner(others), formed @ others.numpy().T, atol=1e-10)
        own = np.einsum("bce,ce->bc", formed, prompts.numpy())
        np.testing.assert_allclose(attended.cosines(prompts), own, atol=1e-10)
        np.testing.assert_allclose(
            attended.vectors(rows, labels), formed[rows.numpy(), labels.numpy()], atol=1e-10
        )


def test_logits_of_a_region_query_are_gained_cosines_of_standardised_regions():
    head = drawn_head("region_query").double()
    vectors, regions = map(torch.from_numpy, drawn_images())
    standard = ((regions - head.centre) / head.scale).numpy()
    text = (head.text + head.prompt).detach().numpy()
    text /= np.linalg.norm(text, axis=1, keepdims=True)
    cosines = np.einsum("bce,ce->bc", slow_regions(head, standard), text)
    expected = head.gain.detach().numpy() * cosines + head.bias.detach().numpy()
    found = head(Images(vectors, regions)).detach()
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_an_evidence_pool_equals_forming_what_it_pools():
    head = drawn_head("evidence_pool").double()
    vectors, regions = map(torch.from_numpy, drawn_images())
    standard = ((regions - head.centre) / head.scale).numpy()
    prompts = [each.detach().numpy() for each in (head.where, head.what, head.bias)]
    expected = [
        [evidence_logit(image, *own) for own in zip(*prompts, strict=True)] for image in standard
    ]
    np.testing.assert_allclose(head(Images(vectors, regions)).detach(), expected, atol=1e-10)


def test_a_summed_head_is_the_sum():
    whole, pool = drawn_head("linear"), drawn_head("evidence_pool")
    vectors, regions = (torch.from_numpy(each).float() for each in drawn_images())
    images = Images(vectors, regions)
    linear = vectors @ whole.weight.T + whole.bias
    torch.testing.assert_close(SummedHead(whole, pool)(images), linear + pool(images))


@pytest.mark.parametrize("kind", KINDS)
def test_permuting_the_labels_permutes_the_logits(kind):
    head, turned = drawn_head(kind), drawn_head(kind)
    order = torch.tensor([3, 0, 4, 1, 2])
    with torch.no_grad():
        for value in turned.state_dict().values():
            if value.shape[:1] == (LABELS,):
                value.copy_(value[order])
    vectors, regions = (torch.from_numpy(each).float() for each in drawn_images())
    images = Images(vectors, regions)
    torch.testing.assert_close(turned(images), head(images)[:, order])


def tagger_of(kind):
    names = Vocabulary(tuple(f"label {number}" for number in range(LABELS)))
    return Tagger(recipe="toy", seed=0, encoder_id="toy-1", vocabulary=names, head=drawn_head(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_tagger_gives_the_same_logits(tmp_path, kind):
    tagger = tagger_of(kind)
    vectors, regions = drawn_images()
    tagger.save(tmp_path / "tagger")
    loaded = Tagger.load(tmp_path / "tagger")
    expected = tagger.logits(vectors, regions)
    assert expected.std() > 0.1
    np.testing.assert_array_equal(loaded.logits(vectors, regions), expected)
    scores = loaded.region_scores(regions[0], 2)
    assert scores.shape == (REGIONS,)
    assert scores.std() > 0
    np.testing.assert_array_equal(scores, tagger.region_scores(regions[0], 2))


@pytest.mark.parametrize("kind", REGION_KINDS)
def test_a_tagger_of_regions_asks_for_them(kind):
    with pytest.raises(InputError, match=r"embed\.regions"):
        tagger_of(kind).logits(drawn_images()[0])


def test_a_tagger_of_whole_images_does_without_regions():
    vectors, regions = drawn_images()
    tagger = tagger_of("linear")
    np.testing.assert_array_equal(tagger.logits(vectors), tagger.logits(vectors, regions))
