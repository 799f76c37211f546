import numpy as np

from tfvideogan.media import flow, steadying


def still(monkeypatch):
    monkeypatch.setattr(
        flow, "estimate", lambda source, _: np.zeros((*source.shape[:2], 2), np.float32)
    )


def run(frames, painted):
    return np.stack(list(steadying.steadied(zip(frames, painted, strict=True))))


def painted_block(length):
    painted = np.zeros((length, 16, 16), np.uint8)
    painted[:, 4:8, 4:8] = 1
    return painted


def test_painted_pixels_are_running_means_and_others_are_kept(monkeypatch):
    still(monkeypatch)
    values = [10, 40, 70, 100]
    frames = np.stack([np.full((16, 16, 3), one, np.uint8) for one in values])
    made = run(frames, painted_block(4))
    # Means of 10; 10, 40; 10, 40, 70; all four.
    np.testing.assert_array_equal(made[:, 5, 5, 0], [10, 25, 40, 55])
    np.testing.assert_array_equal(made[:, 0, 0, 0], values)


def test_mean_is_of_eight_frames_at_most(monkeypatch):
    still(monkeypatch)
    frames = np.zeros((30, 16, 16, 1), np.uint8)
    frames[9:] = 180
    made = run(frames, painted_block(30))[:, 5, 5, 0]
    # Eight frames of 0 and one of 180; then 8 / 9 of it and 1 / 9 of 180.
    assert made[9] == 20 and made[10] == round(20 * 8 / 9 + 180 / 9)


def test_mean_begins_anew_where_the_flow_does_not_lead_back(monkeypatch):
    ways = iter([0.0, 3.0])
    monkeypatch.setattr(
        flow,
        "estimate",
        lambda source, _: np.full((*source.shape[:2], 2), next(ways), np.float32),
    )
    frames = np.stack([np.full((16, 16, 3), one, np.uint8) for one in (10, 90)])
    np.testing.assert_array_equal(run(frames, painted_block(2)), frames)


def test_what_was_known_in_the_frame_before_outweighs_what_is_painted(monkeypatch):
    still(monkeypatch)
    frames = np.stack([np.full((16, 16, 1), one, np.uint8) for one in (90, 0)])
    painted = painted_block(2)
    painted[0] = 0
    # Eight parts of 90 and one of 0.
    assert run(frames, painted)[1, 5, 5, 0] == 80


def test_flicker_of_a_moving_scene_is_lowered():
    rng = np.random.default_rng(0)
    wide = np.kron(rng.integers(0, 256, (12, 30, 3)), np.ones((6, 6, 1)))
    clean = np.stack([wide[:64, 2 * t : 2 * t + 96] for t in range(8)])
    painted = np.zeros((8, 64, 96), np.uint8)
    painted[:, 16:48, 24:72] = 1
    noise = rng.normal(0, 12, clean.shape) * painted[..., np.newaxis]
    noisy = np.clip(clean + noise, 0, 255).astype(np.uint8)

    def error(frames):
        return np.abs(frames.astype(float) - clean)[4:][painted[4:] > 0].mean()

    assert error(run(noisy, painted)) < 0.8 * error(noisy)


def test_only_the_surroundings_of_what_is_painted_are_looked_at(monkeypatch):
    sizes = []

    def estimate(source, _):
        sizes.append(source.shape)
        return np.zeros((*source.shape[:2], 2), np.float32)

    monkeypatch.setattr(flow, "estimate", estimate)
    frames = np.stack([np.full((200, 300, 3), one, np.uint8) for one in (10, 40)])
    painted = np.zeros((2, 200, 300), np.uint8)
    painted[:, 100, 150:152] = 1
    made = run(frames, painted)
    assert sizes == [(65, 66, 3)] * 2
    np.testing.assert_array_equal(made[1, 100, 149:153, 0], [40, 25, 25, 40])
