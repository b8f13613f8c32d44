"""What MLflow reads from the environment when it is imported; this module is imported before it.

No telemetry, no agent hints, no progress bars, warnings and errors only, and no lock file of the working directory
copied into a model. Whoever has set one of these keeps the setting.
"""

import os

SILENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_AGENT_HINT": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}

for _name, _value in SILENT.items():
    os.environ.setdefault(_name, _value)
