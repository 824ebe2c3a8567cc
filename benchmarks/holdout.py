"""Ten thousand looks at a holdout through pure noise: the naive holdout finds something, the reusable one does not.

The experiment of Dwork et al., Science, 2015: no feature has anything to do with the answer. Features whose correlation
is large on the development rows and of the same sign on the holdout are kept, and the vote of the best ones is judged on
the holdout that chose them, and on fresh rows. Run: python benchmarks/holdout.py [--seeds 5]
"""

import argparse

import numpy as np

from holdfast.evaluate.holdout import Thresholdout, disclosures

ROWS, FEATURES, KEPT, BLOCK = 10_000, 10_000, (1, 10, 50, 100, 500), 500


def once(seed: int) -> dict[str, list[float]]:
    """Accuracy that each holdout claims for the vote of the best features, and the truth, by their number."""
    rng = np.random.default_rng(seed)
    y = [rng.choice([-1.0, 1.0], ROWS) for _ in range(3)]
    values, states = np.empty((2, FEATURES)), []
    for start in range(0, FEATURES, BLOCK):
        states.append(rng.bit_generator.state)
        for k, x in enumerate(_block(rng)[:2]):
            values[k, start : start + BLOCK] = x.T @ y[k] / ROWS
    holdout = Thresholdout(noise=1 / np.sqrt(ROWS), seed=seed, left=disclosures(ROWS))
    reusable = np.array([holdout.ask(a, b).value for a, b in values.T])
    naive = _vote(values[0], values[1], y, states, rng)
    careful = _vote(values[0], reusable, y, states, rng)
    claims = [0.5 + holdout.ask(a - 0.5, b - 0.5).value for a, b in zip(careful[0], careful[1], strict=True)]
    return {
        "naive holdout claims": naive[1].tolist(),
        "the truth of it": naive[2].tolist(),
        "reusable holdout claims": claims,
        "the truth of that": careful[2].tolist(),
    }


def _vote(known: np.ndarray, told: np.ndarray, y: list, states: list, rng: np.random.Generator) -> list[np.ndarray]:
    """Accuracy of the vote of the best features on development, holdout and fresh rows, by their number."""
    limit = 1 / np.sqrt(ROWS)
    agree = (np.sign(known) == np.sign(told)) & (np.abs(known) > limit) & (np.abs(told) > limit)
    ranked = [j for j in np.argsort(-np.abs(known)) if agree[j]][: KEPT[-1]]
    sums = np.zeros((3, len(KEPT), ROWS))
    for block, state in enumerate(states):
        rng.bit_generator.state = state
        parts = _block(rng)
        for place, j in enumerate(ranked):
            if j // BLOCK == block:
                votes = np.stack([part[:, j % BLOCK] for part in parts]) * np.sign(known[j])
                sums[:, np.array(KEPT) > place] += votes[:, None, :]
    return [np.mean(np.sign(total) == truth, axis=1) for total, truth in zip(sums, y, strict=True)]


def _block(rng: np.random.Generator) -> list[np.ndarray]:
    """Five hundred features of development, holdout and fresh rows."""
    return [rng.standard_normal((ROWS, BLOCK), dtype=np.float32) for _ in range(3)]


def main() -> None:
    """Print the mean claims over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = parser.parse_args().seeds
    runs = [once(seed) for seed in range(seeds)]
    print("| features kept | " + " | ".join(map(str, KEPT)) + " |\n|---|" + "---|" * len(KEPT))
    for name in runs[0]:
        means = np.mean([run[name] for run in runs], axis=0)
        print(f"| {name} | " + " | ".join(f"{value:.1%}" for value in means) + " |")


if __name__ == "__main__":
    main()
