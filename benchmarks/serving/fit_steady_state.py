"""Fit the constants of the steady-state prediction to public measurements.

`python benchmarks/serving/fit_steady_state.py [--rows CSV]` reads aiconfigurator's sample of measured configurations and
rewrites the fitted part of src/perfwise/serving/profiles/shipped/steady_state.toml and steady_state.npz beside it. Run it
after a change of the operators, of `steady_state.py`, or of the kriging's constants. Takes some five minutes.
"""

import argparse
import os
import tomllib
from pathlib import Path

import numpy as np

from perfwise.serving.configurations import read_measurements
from perfwise.serving.predict import Correction

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("PERFWISE_DATA") or ROOT.parent / "shared" / "data") / "serving" / "aiconfigurator"
SHIPPED = ROOT / "src" / "perfwise" / "serving" / "profiles" / "shipped"
MARK = "# Below: written by benchmarks/serving/fit_steady_state.py.\n"
ABOUT = "a fit to 3,655 measurements of ai-dynamo/aiconfigurator 095f58a (Apache-2.0), InferenceX and NVIDIA's own"


def described(correction: Correction) -> str:
    """The fitted part of the TOML file."""
    lines = [MARK, f'[fitted_about]\ntext = "{ABOUT}"\n', "[fitted]"]
    for name in sorted(correction.ttft_weights):
        ttft, tpot = (
            [float(f"{value:.3g}") for value in each[name]]
            for each in (correction.ttft_weights, correction.tpot_weights)
        )
        lines.append(f'"{name}" = {{ ttft = {ttft}, tpot = {tpot} }}')
    lines.append("\n[fitted_band]  # measured / predicted in 8 of 10 held-out cases")
    for target in ("ttft", "tpot"):
        low, high = np.exp(np.quantile(getattr(correction, target).misses, (0.1, 0.9)))
        lines.append(f"{target} = [{low:.3f}, {high:.3f}]")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path, default=DATA / "silicon_sample_70pct.csv.gz")
    correction = Correction.fit(read_measurements(parser.parse_args().rows), ABOUT)
    toml = SHIPPED / "steady_state.toml"
    text = toml.read_text(encoding="utf-8").partition(MARK)[0] + described(correction)
    tomllib.loads(text)
    toml.write_text(text, encoding="utf-8")
    ttft, tpot = correction.ttft, correction.tpot
    assert ttft is not None
    assert tpot is not None
    names, codes = np.unique(ttft.labels, return_inverse=True)
    np.savez_compressed(
        SHIPPED / "steady_state.npz",
        names=names,
        labels=codes.reshape(ttft.labels.shape).astype(np.uint16),
        numbers=ttft.numbers.astype(np.float32),
        ttft_weights=ttft.weights.astype(np.float32),
        ttft_misses=ttft.misses.astype(np.float32),
        tpot_weights=tpot.weights.astype(np.float32),
        tpot_misses=tpot.misses.astype(np.float32),
    )
    print(described(correction))
    print(f"{len(ttft.numbers)} points, {(SHIPPED / 'steady_state.npz').stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
