"""High scores: kept in order and by rules, by several windows, and never written over where they cannot be read."""

from pathlib import Path

import platformdirs
import pytest

pytest.importorskip("pygame")

from scripts import play
from scripts.common import user_folders
from scripts.games.high_scores import KEPT, HighScores, Score, kind_of_game

RULES = play.RULES | {"height": 6, "width": 9}


def test_high_scores_survive_in_order_and_by_rules(tmp_path: Path) -> None:
    file = tmp_path / "new" / "scores.json"
    first = HighScores(file)
    assert first.of("a") == []
    assert [first.add("a", Score(food, moves, "2026-01-02")) for food, moves in ((3, 40), (9, 90), (3, 30))] == [
        1,
        1,
        2,
    ]
    assert first.add("b", Score(1, 5, "2026-01-03")) == 1
    again = HighScores(file)
    assert [(score.food, score.moves) for score in again.of("a")] == [(9, 90), (3, 30), (3, 40)]
    assert again.of("b") == [Score(1, 5, "2026-01-03")]
    for moves in range(KEPT):
        again.add("b", Score(2, moves, "2026-01-04"))
    assert again.add("b", Score(1, 4, "2026-01-04")) is None
    assert len(HighScores(file).of("b")) == KEPT


def test_two_windows_lose_no_score_of_each_other(tmp_path: Path) -> None:
    first, second = HighScores(tmp_path / "scores.json"), HighScores(tmp_path / "scores.json")
    assert first.add("a", Score(50, 400, "2026-01-01")) == 1
    assert second.add("a", Score(3, 20, "2026-01-01")) == 2
    assert [score.food for score in HighScores(first.path).of("a")] == [50, 3]


def test_rules_that_are_harder_have_their_own_scores() -> None:
    kinds = {kind_of_game(RULES | change) for change in ({}, {"width": 8}, {"walls": "wrap"}, {"obstacles": "cross"})}
    assert len(kinds) == 4
    assert kind_of_game(RULES) == "6 x 9, solid walls, 1 food"


def test_games_with_another_hunger_limit_have_their_own_scores() -> None:
    assert kind_of_game(RULES | {"hunger_limit": 54}) == "6 x 9, solid walls, 1 food, hunger limit 54"
    assert kind_of_game(RULES | {"hunger_limit": 10**6}) != kind_of_game(RULES | {"hunger_limit": 54})
    for default in (None, 2 * 54):
        assert kind_of_game(RULES | {"hunger_limit": default}) == kind_of_game(RULES)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format": 2, "scores": {}}',
        '{"format": 1, "scores": []}',
        '{"format": 1, "scores": {"a": [{"food": 1}]}}',
        '{"format": 1, "scores": {"a": [{"food": "1", "moves": 2, "day": "x"}]}}',
        '{"format": 1, "scores": {"a": [{"food": true, "moves": 2, "day": "x"}]}}',
        '{"format": 1, "scores": {"a": [{"food": 1, "moves": -2, "day": "x"}]}}',
    ],
)
def test_a_corrupt_file_of_scores_is_named_and_left_alone(content: str, tmp_path: Path) -> None:
    file = tmp_path / "scores.json"
    file.write_text(content)
    with pytest.raises(ValueError, match=r"scores\.json is no file of high scores: .* --scores"):
        play.main(play.parse(["--scores", str(file), "--games", "1", "--fps", "500"]))
    assert file.read_text() == content


def test_without_a_home_folder_scores_last_as_long_as_the_window(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_home(*_: object, **__: object) -> Path:
        raise RuntimeError("there is no home")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(platformdirs, "user_data_path", no_home)
    user_folders.can_keep.cache_clear()
    scores = HighScores(None)
    assert scores.add("a", Score(3, 30, "2026-01-02")) == 1
    assert scores.add("a", Score(2, 30, "2026-01-02")) == 2
    assert [score.food for score in scores.of("a")] == [3, 2]
    assert capsys.readouterr().err == "High scores are not kept for the next time (there is no home folder)\n"
    assert list(tmp_path.iterdir()) == []
