"""The AWS CLI without its start, which takes four times as long as most commands: a process that has loaded it forks for
each command. What runs is the CLI's own `main`, with arguments, environment and folder as a shell would give them."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback

SECONDS_MAX = 60


class CommandLine:
    """That process."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, arguments, environment, folder):
        """Runs `aws …`: a `CompletedProcess`."""
        wish = {"arguments": arguments, "environment": environment, "folder": str(folder)}
        self.process.stdin.write(json.dumps(wish) + "\n")
        self.process.stdin.flush()
        return subprocess.CompletedProcess(["aws", *arguments], **json.loads(self.process.stdout.readline()))

    def stop(self):
        self.process.stdin.close()
        self.process.wait(5)


def serve():
    from awscli import clidriver
    from local_names import resolve_local_names

    resolve_local_names()

    # Only for what it imports: each command makes its own, which reads the environment and the files there.
    clidriver.create_clidriver()
    for line in sys.stdin:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                os._exit(carry_out(clidriver, json.loads(line), out, err))
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            texts = {name: read(file) for name, file in [("stdout", out), ("stderr", err)]}
        print(json.dumps({"returncode": code, **texts}), flush=True)


def carry_out(clidriver, wish, out, err):
    """Becomes the command, and gives back its code."""
    signal.alarm(SECONDS_MAX)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for own, other in [(nothing, 0), (out.fileno(), 1), (err.fileno(), 2)]:
        os.dup2(own, other)
    # The CLI's package notes there, once, where its data is.
    own = {"AWS_DATA_PATH": os.environ["AWS_DATA_PATH"]}
    os.environ.clear()
    os.environ.update(wish["environment"] | own)
    os.chdir(wish["folder"])
    sys.argv = ["aws", *wish["arguments"]]
    try:
        code = clidriver.main()
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
        code = 255
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def read(file):
    file.seek(0)
    return file.read().decode()


if __name__ == "__main__":
    serve()
