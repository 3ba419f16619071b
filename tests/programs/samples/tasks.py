"""Tasks for readers of samples: nothing of them runs."""

from perfwise.programs.contracts import ProgramTask

__all__ = ["ADD", "DEC", "INC", "STDIN", "TASKS"]

INC = ProgramTask("HumanEval/0", "", "inc", 'def inc(x):\n    """x + 1"""\n')
DEC = ProgramTask("HumanEval/1", "", "dec", 'def dec(x):\n    """x - 1"""\n')
ADD = ProgramTask("Mbpp/7", "", "add", "Write a Python function add(a, b).\n```python")
STDIN = ProgramTask("COFFE/0", "", "", "Read two numbers and print their sum.")
TASKS = {task.id: task for task in (INC, DEC, ADD, STDIN)}
