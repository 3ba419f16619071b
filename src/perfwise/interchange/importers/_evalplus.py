"""What the files of `evalplus.evaluate` and `evalplus.evalperf` have in common."""

from perfwise.interchange.contracts import ResultFile

__all__ = ["set_name"]


def set_name(file: ResultFile, ending: str) -> str:
    """Of the samples: `model` for `model_eval_results.json` and for `model/eval_results.json`."""
    if file.named:
        return file.set_name
    if f"_{file.set_name}" == ending:
        return file.path.resolve().parent.name or file.set_name
    return file.set_name.removesuffix(ending)
