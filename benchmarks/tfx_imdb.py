"""TFX's own imdb example, unchanged but for the number of steps.

The code is the installed package's; here it is only called, the way its own
end-to-end test does. Usage: `python -m benchmarks.tfx_imdb FOLDER STEPS EVAL_STEPS`.
"""

import os
import pathlib
import sys

# Its model and its serving signature are written for Keras 2.
os.environ["TF_USE_LEGACY_KERAS"] = "1"

from tfx.examples import imdb
from tfx.examples.imdb import imdb_pipeline_native_keras as example
from tfx.orchestration.local import local_dag_runner
from tfx.proto import trainer_pb2
from tfx.utils import proto_utils


def main(folder: pathlib.Path, steps: int, eval_steps: int) -> None:
    """Run the example once.

    Args:
        folder: Everything is written here.
        steps: Training steps of 10 reviews.
        eval_steps: Validation steps of 5 reviews.
    """
    source = pathlib.Path(imdb.__file__).parent
    pipeline = example._create_pipeline(
        pipeline_name="imdb",
        pipeline_root=str(folder / "artifacts"),
        data_root=str(source / "data"),
        module_file=str(source / "imdb_utils_native_keras.py"),
        serving_model_dir=str(folder / "served"),
        metadata_path=str(folder / "metadata.db"),
        beam_pipeline_args=[],
    )
    (trainer,) = (node for node in pipeline.components if node.id == "Trainer")
    trainer.exec_properties["train_args"] = proto_utils.proto_to_json(
        trainer_pb2.TrainArgs(num_steps=steps)
    )
    trainer.exec_properties["eval_args"] = proto_utils.proto_to_json(
        trainer_pb2.EvalArgs(num_steps=eval_steps)
    )
    local_dag_runner.LocalDagRunner().run(pipeline)
    if not any(folder.glob("served/*/saved_model.pb")):
        raise RuntimeError(f"The example pushed no model to {folder / 'served'}.")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
