import pytest

from perfwise.catalog.devices import Device
from perfwise.errors import InvalidOption
from tests.data_folder import shared


def test_a_device_is_found_by_any_of_its_names():
    assert Device.named("H100").name == Device.named("NVIDIA H100 80GB HBM3").name == "h100_sxm"


def test_an_unknown_device_is_refused_with_close_names():
    with pytest.raises(InvalidOption, match="h100_sxm"):
        Device.named("h100_smx")


def test_a_format_that_a_device_lacks_computes_in_the_next_wider_one():
    assert Device.named("h100_sxm").peak_flops_per_s("fp4") == 1978e12
    assert Device.named("a100_sxm").peak_flops_per_s("fp8") == 312e12


def test_an_unknown_format_is_refused():
    with pytest.raises(InvalidOption, match="fp3"):
        Device.named("l4").peak_flops_per_s("fp3")


@pytest.mark.parametrize("name", Device.names())
def test_every_entry_is_plausible_and_names_its_sources(name):
    device = Device.named(name)
    assert 50 < device.flops_per_s["bf16"] / device.memory_bytes_per_s < 450  # FLOP per byte of every GPU since 2017
    assert device.flops_per_s.get("fp8", 2e18) > device.flops_per_s["bf16"]
    assert set(device.sources) == {"flops_per_s", "memory", "links", "power"}
    assert device.link_bytes_per_s >= device.host_bytes_per_s or device.link_gpus == 1


@pytest.mark.paper
@pytest.mark.parametrize("name", ["a100_sxm", "h100_sxm"])
def test_entries_agree_with_the_constants_of_aiconfigurator(name):
    text = shared(f"serving/aiconfigurator/{name}.yaml").read_text()
    given = {
        line.split(":")[0].strip(): line.split(":")[1].split("#")[0].strip()
        for line in text.split("\n")
        if ": " in line
    }
    device = Device.named(name)
    assert device.memory_bytes_per_s == float(given["mem_bw"])
    assert device.flops_per_s["bf16"] == float(given["bfloat16_tc_flops"])
    assert device.link_bytes_per_s == float(given["intra_node_bw"])
    assert device.memory_bytes == float(given["mem_capacity"])
