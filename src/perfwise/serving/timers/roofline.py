"""Step times from datasheets: what cannot be done faster, with the shares of the peaks that real kernels reach."""

from dataclasses import dataclass, field
from functools import cached_property

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.serving.arithmetic import Formats, Plan, Work
from perfwise.serving.contracts import ErrorBand
from perfwise.serving.timers._compose import Datasheet, Host, compose
from perfwise.serving.timers._curves import Composed, Curves

__all__ = ["Roofline"]


@dataclass(frozen=True, eq=False)
class Roofline(Composed):
    """The longer of computing and moving for every operator of every layer, plus its launch.

    t = max(FLOPs / (share * peak), bytes / (share * bandwidth)) + launch; a step lasts at least as long as the host
    launches its kernels, which is what bounds small batches.

    Args:
        model, device: of the catalog, or one's own.
        plan: tensor, pipeline, expert and attention-data parallel sizes.
        formats: of weights, experts, keys and values.
        shares: of the peaks; those of the catalog's device, that of the argument is ignored if none is given.
        host: launches and overhead.
        errors: how far it was from measurements.

    Raises: InvalidOption for a plan that the model cannot be split by.
    Source: Williams et al., Roofline, CACM 2009; the host's term: Vellaisamy et al., SKIP and TKLQT, arXiv:2504.11750.
    Differs: one share of the peak for all shapes; experts are routed uniformly; operators do not overlap.
    """

    model: Model
    device: Device
    plan: Plan = field(default_factory=Plan)
    formats: Formats = field(default_factory=Formats)
    shares: Datasheet | None = None
    host: Host = field(default_factory=Host)
    errors: ErrorBand | None = None

    @cached_property
    def work(self) -> Work:
        """The operators."""
        return Work(self.model, self.plan, self.formats)

    @cached_property
    def curves(self) -> Curves:
        """The composed curves."""
        about = f"roofline: {self.model.name} on {self.plan.devices} x {self.device.name}, datasheet peaks"
        return compose(self.work, self.shares or Datasheet(self.device), self.host, about, self.errors)
