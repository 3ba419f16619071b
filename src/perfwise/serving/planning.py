"""What a user names -> methods, timers and deployments."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.core.choosing import method_of
from perfwise.errors import InvalidCandidate, InvalidOption
from perfwise.serving.arithmetic import Formats, Plan, Work
from perfwise.serving.contracts import ErrorBand, Timer
from perfwise.serving.timers.table import Table

if TYPE_CHECKING:
    from perfwise.serving.calibration import Setting

__all__ = ["Hardware", "blocks_of", "chosen", "model_named", "timer_of_hardware", "timer_of_tables"]

_UNCALIBRATED = ErrorBand(
    0.5,
    4.0,
    0.5,
    1.5,
    "3,632 measured configurations, predicted without calibration: benchmarks/serving/reality_silicon.py",
)
"""Holds 75 % of their TTFT and 79 % of their TPOT; 93 % and 98 % of those on H100 with dense models."""

BLOCKS_OF_TABLES = 30_208
"""What Vidur gives Llama-3-8B on one A100 with 80 GB: the memory that step-time tables alone do not tell."""


def chosen(family: str, text: str, **given: object) -> Any:
    """A method of the serving engine by its folder, name and parameters; as `perfwise.core.choosing.method_of`."""
    return method_of(f"perfwise.serving.{family}", text, **given)


@dataclass(frozen=True, slots=True)
class Hardware:
    """A model on GPUs.

    Args:
        model: what is served.
        device: on which GPU.
        plan: how a replica is split.
        formats: of weights, and of keys and values.
    """

    model: Model
    device: Device
    plan: Plan
    formats: Formats

    @property
    def setting(self) -> "Setting":
        """By names, for calibrations."""
        from perfwise.serving.calibration import Setting

        plan = self.plan
        sizes = f"tp{plan.tensor} pp{plan.pipeline} dp{plan.data} ep{plan.expert}"
        return Setting(self.model.name, self.device.name, sizes)

    @property
    def kv_bytes_per_token(self) -> float:
        """Keys and values of one token on all GPUs of a replica."""
        work = Work(self.model, self.plan, self.formats)
        return work.kv_bytes_per_token * self.plan.tensor * self.plan.pipeline


def model_named(text: str) -> Model:
    """A model of the catalog, or the shape in a Hugging Face `config.json`."""
    path = Path(text)
    return Model.from_config(path) if path.suffix == ".json" else Model.named(text)


def blocks_of(hardware: Hardware, block_tokens: int) -> int:
    """Blocks of keys and values on a replica, beside the weights.

    Raises: InvalidCandidate with the code `model-does-not-fit` where the weights leave no room.
    """
    work = Work(hardware.model, hardware.plan, hardware.formats)
    tokens = work.kv_tokens(hardware.device) * hardware.plan.data
    if not tokens >= block_tokens:
        raise InvalidCandidate(
            f"{hardware.model.name} does not fit: {work.weight_bytes / 1e9:.1f} GB of weights on each of the "
            f"{hardware.plan.devices} GPU(s) of a replica leave no memory for keys and values on "
            f"{hardware.device.name} ({hardware.device.memory_bytes / 1e9:.0f} GB); use more GPUs "
            "or a smaller format",
            code="model-does-not-fit",
        )
    return int(min(tokens, 1e9)) // block_tokens


def timer_of_hardware(hardware: Hardware, name: str | None = None, calibration: Path | None = None) -> Timer:
    """Step times of a model on GPUs.

    Args:
        hardware: model, GPU, plan, formats.
        name: `measured`, `roofline`, or a folder of measured operators as aiconfigurator has one for each GPU; None:
            measured where there is any.
        calibration: a file that a calibration wrote.
    Raises: InvalidOption for an unknown name, or where nothing is measured.
    """
    timer = _measured_or_roofline(hardware, name)
    if calibration is None:
        return timer
    from perfwise.serving.calibration import Calibration

    return Calibration.load(calibration).apply(timer, hardware.setting)


def _measured_or_roofline(hardware: Hardware, name: str | None) -> Timer:
    from perfwise.serving.profiles.aiconfigurator import AiConfigurator
    from perfwise.serving.profiles.operator_times import OperatorTimes
    from perfwise.serving.timers.measured import Measured
    from perfwise.serving.timers.roofline import Roofline

    if name == "roofline":
        return Roofline(hardware.model, hardware.device, hardware.plan, hardware.formats, errors=_UNCALIBRATED)
    if name is not None and Path(name).is_dir():
        times: OperatorTimes | None = AiConfigurator(Path(name), "vllm").read()
    elif name in (None, "measured"):
        times = OperatorTimes.shipped(hardware.device.name, "vllm")
    else:
        raise InvalidOption(
            f"no timer or folder {name!r}; there are measured, roofline, and folders of measured operators"
        )
    if times is None and name == "measured":
        raise InvalidOption(f"no operators measured on {hardware.device.name} are known; take --timer roofline")
    if times is None:
        return Roofline(hardware.model, hardware.device, hardware.plan, hardware.formats, errors=_UNCALIBRATED)
    return Measured(times, hardware.model, hardware.device, hardware.plan, hardware.formats, errors=_UNCALIBRATED)


def timer_of_tables(path: Path, pipeline_stages: int = 1) -> Timer:
    """Frozen step-time tables. Raises: InvalidInput for what is none, or lacks what several stages send each other."""
    return Table.from_npz(path, pipeline_stages=pipeline_stages)
