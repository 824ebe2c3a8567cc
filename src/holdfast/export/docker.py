"""A container that serves a model: the model, the part of Holdfast that serves, NumPy, ONNX Runtime and an HTTP server."""

import sys
from pathlib import Path

from holdfast.export.folder import model_files, program_files, requirements, write_folder

DOCKERFILE = """\
# Build: docker build -t {name} .    Run: docker run -p 8080:8080 {name}
FROM python:{python}-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt && useradd --no-create-home --uid 10001 holdfast
COPY holdfast holdfast
COPY model model
COPY main.py .
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=10s --start-period=5s \\
    CMD ["python", "-c", \\
    "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '8080') + '/healthz', timeout=3)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "main.py"]
"""

MAIN = '''\
"""Serve the model beside this file. Settings come from the environment: HOST, PORT, WORKERS, HOLDFAST_KEYS."""

import os

from holdfast.serve.keys import Keys
from holdfast.serve.server import serve
from holdfast.serve.settings import Settings

if __name__ == "__main__":
    settings = Settings(
        host=os.environ.get("HOST", "0.0.0.0"),
        port=int(os.environ.get("PORT", "8080")),
        workers=int(os.environ.get("WORKERS", "1")),
    )
    serve(["{name}=model"], settings, Keys.read(), lambda address: print(f"serving at {{address}}", flush=True))
'''

LIBRARIES = ("numpy", "onnxruntime", "uvicorn", "httptools", "uvloop", "orjson")


def write_docker(model: Path, out: Path, name: str) -> None:
    """Write a Dockerfile and all it copies to the folder `out`; the server needs no key unless HOLDFAST_KEYS is set."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    write_folder(
        out,
        {
            "Dockerfile": DOCKERFILE.format(name=name, python=python).encode(),
            "main.py": MAIN.format(name=name).encode(),
            "requirements.txt": requirements(*LIBRARIES),
            **model_files(model),
            **program_files(),
        },
    )
