from perfwise.programs.samples.program_files import ProgramFiles
from tests.programs.samples.tasks import INC, TASKS
from tests.programs.written import faults_of

READER = ProgramFiles()


def written(tmp_path, *names):
    for name in names:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}\n")
    return tmp_path


def test_one_file_attempts_the_one_task(tmp_path):
    (found,) = READER.read(written(tmp_path, "fast.py") / "fast.py", {INC.id: INC}, "mine")
    assert (found.id, found.task, found.source) == ("fast", "HumanEval/0", "# fast.py\n")


def test_every_file_of_a_folder_attempts_the_one_task(tmp_path):
    found = READER.read(written(tmp_path, "b.py", "a.py", "deep/c.py"), {INC.id: INC}, "mine")
    assert [each.id for each in found] == ["a", "b", "deep/c"]


def test_with_several_tasks_the_name_of_the_file_or_folder_says_which(tmp_path):
    found = READER.read(written(tmp_path, "HumanEval_1.py", "HumanEval_0/fast.py"), TASKS, "mine")
    assert [(each.id, each.task) for each in found] == [
        ("HumanEval_0/fast", "HumanEval/0"),
        ("HumanEval_1", "HumanEval/1"),
    ]


def test_files_that_name_no_task_and_unreadable_ones_are_faults(tmp_path):
    folder = written(tmp_path, "other.py")
    (folder / "HumanEval_0.py").write_bytes(b"\xff")
    assert faults_of(READER.read, folder, TASKS, "m") == [
        ("HumanEval_0.py:1", "wrong-encoding"),
        ("other.py", "unknown-task"),
    ]


def test_an_empty_folder_is_an_empty_set(tmp_path):
    assert [code for _, code in faults_of(READER.read, tmp_path, TASKS, "m")] == ["empty-set"]
