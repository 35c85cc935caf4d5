"""Deploys the template to a stand-in for AWS on this machine, and creates a share there.

    deploy.py MINISTACK    (the program to start)

What it shows: `sam build` and `sam deploy` take the template, the functions start from what
is deployed, and each function's role allows what the function does, for the stand-in holds
every call of DynamoDB against it. What it cannot show: the gateway's own answers and the
preflights, which this stand-in does not take from a template.
"""

import contextlib
import json
import os
import pathlib
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

STACK = "latchkey-check"
REGION = "eu-central-1"
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def ministack(program, port, environment, log):
    """Runs the stand-in, on the loopback interface only, until the block is left."""
    process = subprocess.Popen(
        [program],
        env=environment | {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "AUTH": "true"},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        for _ in range(120):
            if process.poll() is not None:
                raise SystemExit("the stand-in for AWS ended before it was ready")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            time.sleep(0.5)
        yield
    finally:
        # The functions are processes of its own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def call(url, method, token=None, body=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        response = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        response = error
    text = response.read().decode()
    print(f"{method} {url.split('_user_request_')[1]}: {response.status} {text[:200]}")
    return response.status, text


def main(program):
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }

    def run(*command, **more):
        subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL, **more)

    with tempfile.TemporaryDirectory() as work, open(f"{work}/stand-in.log", "wb") as log:
        # The stand-in runs the functions on this machine.
        template = pathlib.Path("template.yaml").read_text()
        arm = "Architectures: [arm64]"
        assert template.count(arm) == 1, f"template.yaml does not say once: {arm}"
        here = pathlib.Path(work, "template.yaml")
        here.write_text(template.replace(arm, f"Architectures: [{ARCHITECTURE}]"))
        overrides = ["--parameter-overrides", "AlarmEmail=someone@example.com"]
        # Away from .aws-sam: what is built here must not be what someone deploys next.
        build = f"{work}/build"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        start = time.monotonic()
        run(
            "sam", "build", "--template-file", str(here), "--base-dir", os.getcwd(),
            "--config-file", os.path.abspath("samconfig.toml"), "--build-dir", build, **quiet,
        )
        print(f"sam build: {time.monotonic() - start:.0f} s")
        with ministack(program, port, environment, log):
            start = time.monotonic()
            outputs = f"{work}/deploy.log"
            with open(outputs, "wb") as deploy_log:
                try:
                    run(
                        "sam", "deploy", "--template-file", f"{build}/template.yaml",
                        # Without the path it is looked for beside the built template.
                        "--config-file", os.path.abspath("samconfig.toml"),
                        "--stack-name", STACK, "--no-confirm-changeset", *overrides,
                        stdout=deploy_log, stderr=subprocess.STDOUT,
                    )
                except subprocess.CalledProcessError:
                    raise SystemExit(pathlib.Path(outputs).read_text()[-4000:]) from None
            print(f"sam deploy: {time.monotonic() - start:.0f} s")
            described = subprocess.run(
                ["sam", "list", "stack-outputs", "--stack-name", STACK, "--output", "json"],
                check=True, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            )
            found = {output["OutputKey"]: output["OutputValue"] for output in json.loads(described.stdout)}
            stage = found["ApiUrl"].rsplit("/", 1)[1]
            api = found["ApiUrl"].split("//")[1].split(".")[0]
            base = f"{endpoint}/restapis/{api}/{stage}/_user_request_"

            # The demo organization, put into the deployed table.
            demo = subprocess.run(
                ["cargo", "run", "--quiet", "--locked", "--package", "latchkey-demo"],
                check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                env=environment | {"TABLE_NAME": found["TableName"], "AWS_ENDPOINT_URL_DYNAMODB": endpoint},
            )
            organization = json.loads(demo.stdout)["ready"]
            admin, member = (organization["tokens"][who] for who in ("admin", "member"))
            share = {
                "organizationId": organization["organizationId"],
                "schedule": [{"dayOfWeek": "Monday", "recurrence": "Weekly"}],
                "permissions": {"remoteActivate": True},
                "source": {"deviceId": organization["deviceId"]},
                "receiver": {"userId": organization["users"][1]},
            }
            assert call(f"{base}/v2/shares", "POST", None, share)[0] == 401
            assert call(f"{base}/v2/shares", "POST", "00000000-0000-4000-8000-000000000000", share)[0] == 401
            assert call(f"{base}/v2/shares", "POST", member, share)[0] == 403
            assert call(f"{base}/v2/shares", "POST", admin, share | {"receiver": {"userId": -1}})[0] == 400
            status, text = call(f"{base}/v2/shares", "POST", admin, share)
            assert status == 200, "no share was created"
            number = json.loads(text)["shareId"]
            assert call(f"{base}/v2/shares/{number}", "GET", admin)[0] == 200
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
