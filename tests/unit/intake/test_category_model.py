"""The model behind suggested categories: training, files, odd texts."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from intake_service import domain
from intake_service.domain.configuration.shipped import shipped as configuration
from intake_service.service.classifying import BadModel, load, shipped
from intake_service.service.ngrams import BUCKETS, LONGEST, buckets
from intake_service.service.training import Example, seeds, train
from jieban.main import cli

FEW = [
    Example(f"{words}{number}", code)
    for number in range(10)
    for words, code in (("路灯不亮很黑", "facilities.lamps"), ("油烟直排呛人", "noise_and_fumes.fumes"))
]


def test_every_seed_names_a_category_and_every_second_level_category_has_seeds() -> None:
    children = {code for code in configuration().categories if "." in code}
    assert {seed.category for seed in seeds()} == children | {"other"}


def test_the_shipped_model_knows_the_seeded_categories_and_is_small() -> None:
    model = shipped()
    assert set(model.codes) == {seed.category for seed in seeds()}
    assert 0 < model.threshold < 1
    path = Path(str(domain.__file__)).parent / "data" / "category-model.npz"
    assert path.stat().st_size < 1_000_000


def test_the_same_examples_give_the_same_file_and_it_reads_back(tmp_path: Path) -> None:
    one, other = tmp_path / "one.npz", tmp_path / "other.npz"
    model = train(FEW)
    model.save(one)
    train(FEW).save(other)
    assert one.read_bytes() == other.read_bytes()
    assert load(one).version() == model.version()
    assert load(one).suggest("路灯不亮") == model.suggest("路灯不亮")
    assert model.suggest("门口路灯不亮")[0].code == "facilities.lamps"


@given(st.text(alphabet=st.characters(), max_size=600))
def test_any_text_has_buckets_and_confidences_within_bounds(text: str) -> None:
    found = buckets(text)
    length = len("".join(text[:LONGEST].lower().split()))
    assert found.size == sum(max(0, length - less) for less in range(3))
    assert not found.size or int(found.max()) < BUCKETS
    suggestions = shipped().suggest(text, count=100)
    assert bool(suggestions) == bool(length)
    assert all(0 <= each.confidence <= 1 for each in suggestions)


def test_a_lone_surrogate_does_no_harm() -> None:
    assert shipped().suggest("路灯\ud800不亮")


def test_only_open_categories_are_suggested() -> None:
    text = "门口路灯不亮"
    first = shipped().suggest(text)[0].code
    others = shipped().suggest(text, is_open=lambda code: code != first)
    assert first == "facilities.lamps"
    assert len(others) == 3
    assert first not in {each.code for each in others}


def test_a_model_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model = train(FEW)
    np.savez_compressed(
        path, format=1, codes=np.array(model.codes), weights=model.weights[:9], scales=model.scales,
        biases=model.biases, temperature=1.0, threshold=0.5,
    )  # fmt: skip
    with pytest.raises(BadModel, match="another version"):
        load(path)


def test_one_category_alone_cannot_be_learnt() -> None:
    with pytest.raises(ValueError, match="two categories"):
        train([Example("路灯", "facilities.lamps")])


def test_the_command_says_which_line_is_wrong(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    history.write_text(
        '{"text": "路灯不亮", "category": "facilities.lamps"}\n{"text": "狗", "category": "cats"}\n', "utf-8"
    )
    arguments = ["train-categories", "--labels", str(history), "--output", str(tmp_path / "model.npz")]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 1
    assert "line 2: 'cats' is no category" in str(result.exception)
    assert not (tmp_path / "model.npz").exists()
