"""Runs a Python function: loads its handler, then asks the Lambda Runtime API for events until it is killed.

Argument: the folder of the layers. It never talks to anything but the Runtime API named in AWS_LAMBDA_RUNTIME_API.
"""

# What takes long to load is loaded by who needs it: a function waits for all of this at its first event.
import _socket
import importlib
import json
import os
import sys
import time

API = "/2018-06-01/runtime"
IS_JSON = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
LEVELS = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}
request_id = ""


class Fault(Exception):
    """A failure of ours to run the handler, with the type that Lambda gives it."""

    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.kind = kind
        self.trace = trace or []


class Identity:
    def __init__(self, facts):
        self.cognito_identity_id = facts.get("cognitoIdentityId")
        self.cognito_identity_pool_id = facts.get("cognitoIdentityPoolId")


class Client:
    def __init__(self, facts):
        self.installation_id = facts.get("installation_id")
        self.app_title = facts.get("app_title")
        self.app_version_name = facts.get("app_version_name")
        self.app_version_code = facts.get("app_version_code")
        self.app_package_name = facts.get("app_package_name")


class ClientContext:
    def __init__(self, facts):
        self.custom = facts.get("custom")
        self.env = facts.get("env")
        self.client = Client(facts["client"]) if facts.get("client") else None


class LambdaContext:
    """What a handler gets as its second argument."""

    def __init__(self, headers):
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        client_context = json.loads(headers.get("lambda-runtime-client-context") or "null")
        self.client_context = ClientContext(client_context) if client_context else None
        self.identity = Identity(json.loads(headers.get("lambda-runtime-cognito-identity") or "null") or {})
        self._deadline_ms = int(headers.get("lambda-runtime-deadline-ms") or 0)

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))
        sys.stdout.flush()

    def __repr__(self):
        names = ("aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb",
                 "function_version", "invoked_function_arn", "client_context", "identity")
        return "LambdaContext([" + ",".join(f"{name}={getattr(self, name)}" for name in names) + "])"


class LoggingFinder:
    """Sets logging up as soon as somebody imports it."""

    def find_spec(self, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        spec = next(filter(None, (finder.find_spec(name, path, target) for finder in sys.meta_path)))
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            set_up_logging(module)

        spec.loader.exec_module = exec_module
        return spec


def set_up_logging(logging):
    class LogHandler(logging.Handler):
        """The root logger's way into the function's log."""

        def emit(self, record):
            # Carriage returns keep a record in one log event.
            print(self.format(record).replace("\n", "\r"), flush=True)

    class RequestIdFilter(logging.Filter):
        def filter(self, record):
            record.aws_request_id = request_id
            return True

    logging.Formatter.converter = time.gmtime
    handler = LogHandler()
    if IS_JSON:
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO")
        logging.getLogger().setLevel(LEVELS.get(level, level))
        handler.setFormatter(json_formatter(logging))
    else:
        handler.setFormatter(logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(RequestIdFilter())
    logging.getLogger().addHandler(handler)


def json_formatter(logging):
    import traceback

    class JsonFormatter(logging.Formatter):
        """A record as an object, with whatever its writer has added to it."""

        OWN = set(vars(logging.makeLogRecord({}))) | {"aws_request_id", "message", "asctime"}

        def format(self, record):
            document = {
                "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
                "level": record.levelname,
                "message": record.getMessage(),
                "logger": record.name,
                "requestId": record.aws_request_id or None,
            }
            if record.exc_info and record.exc_info[0]:
                kind, error, trace = record.exc_info
                document.update(errorType=kind.__name__, errorMessage=str(error),
                                stackTrace=traceback.format_list(traceback.extract_tb(trace)),
                                location=f"{record.pathname}:{record.funcName}:{record.lineno}")
            document.update((key, value) for key, value in vars(record).items() if key not in self.OWN)
            return json.dumps({key: value for key, value in document.items() if value is not None}, default=repr)

    return JsonFormatter()


class RuntimeApi:
    """One kept-alive connection to the Runtime API: Python's own client of HTTP takes longer to load than this one to write."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.address = address
        self.socket = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        self.socket.connect((host, int(port)))
        self.socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self.unread = b""

    def call(self, method, path, body=b"", headers=()):
        """Headers, by lower-case names, and the body."""
        head = [f"{method} {API}{path} HTTP/1.1", f"Host: {self.address}", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in headers]
        self.send(("\r\n".join(head) + "\r\n\r\n").encode("utf-8") + body)
        _, *lines = self.until(b"\r\n\r\n").decode("utf-8").split("\r\n")
        answer = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return answer, self.body(answer)

    def body(self, headers):
        if headers.get("transfer-encoding") != "chunked":
            return self.exactly(int(headers.get("content-length", 0)))
        chunks = []
        while True:
            chunks.append(self.exactly(int(self.until(b"\r\n"), 16)))
            self.until(b"\r\n")
            if not chunks[-1]:
                return b"".join(chunks)

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the Runtime API has gone")
        self.unread += data

    def until(self, end):
        while end not in self.unread:
            self.receive()
        found, _, self.unread = self.unread.partition(end)
        return found

    def exactly(self, length):
        parts, missing = [self.unread], length - len(self.unread)
        while missing > 0:
            self.unread = b""
            self.receive()
            parts.append(self.unread)
            missing -= len(self.unread)
        whole = b"".join(parts)
        self.unread = whole[length:]
        return whole[:length]

    def next(self):
        return self.call("GET", "/invocation/next")

    def succeed(self, invocation, body):
        self.call("POST", f"/invocation/{invocation}/response", body, [("Content-Type", "application/json")])

    def fail(self, path, document):
        headers = [("Content-Type", "application/json"), ("Lambda-Runtime-Function-Error-Type", document["errorType"])]
        self.call("POST", path, json.dumps(document).encode(), headers)


def load(name):
    """The handler function that "module.function" (or "folder/module.function") names."""
    parts = name.rsplit(".", 1)
    if len(parts) != 2 or not all(parts):
        raise Fault("Runtime.MalformedHandlerName",
                    f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    module_name, function_name = parts
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise Fault("Runtime.UserCodeSyntaxError",
                    f"Syntax error in module '{module_name}': {error}", trace) from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        raise Fault("Runtime.HandlerNotFound",
                    f"Handler '{function_name}' missing on module '{module_name}'") from error


def describe(error):
    """The error document of an exception, without our own frames in its trace."""
    import traceback
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        kind = type(error).__name__
        frames = [frame for frame in traceback.extract_tb(error.__traceback__)
                  if frame.filename != __file__ and not frame.filename.startswith("<frozen importlib")]
        trace = traceback.format_list(frames)
    return {"errorMessage": str(error), "errorType": kind, "requestId": request_id, "stackTrace": trace}


def log_error(document):
    if IS_JSON:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print(json.dumps({"timestamp": moment, "log_level": "ERROR", **document}), flush=True)
        return
    # Carriage returns keep the trace in one log event.
    lines = [f"[ERROR] {document['errorType']}: {document['errorMessage']}", "Traceback (most recent call last):"]
    lines += [line for entry in document["stackTrace"] for line in entry.rstrip("\n").split("\n")]
    print("\r".join(line.replace("\n", "\r") for line in lines), flush=True)


def answer(handler, headers, payload, escape):
    try:
        event = json.loads(payload)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error
    result = handler(event, LambdaContext(headers))
    try:
        return json.dumps(result, ensure_ascii=escape).encode()
    except (TypeError, ValueError) as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def set_trace(headers):
    trace = headers.get("lambda-runtime-trace-id")
    if trace:
        os.environ["_X_AMZN_TRACE_ID"] = trace
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)


def main():
    global request_id
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    layers = os.path.join(sys.argv[1], "python")
    # The function's own version, also where another one runs it.
    version = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("_")[2]
    sys.path[1:1] = [layers, os.path.join(layers, "lib", version, "site-packages")]
    sys.meta_path.insert(0, LoggingFinder())
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as error:
        document = describe(error)
        log_error(document)
        api.fail("/init/error", document)
        sys.exit(1)
    # Python 3.12 and later answer in plain UTF-8, earlier ones with escapes.
    minor = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
    escape = not minor.isdigit() or int(minor) < 12
    while True:
        headers, payload = api.next()
        request_id = headers["lambda-runtime-aws-request-id"]
        set_trace(headers)
        try:
            body = answer(handler, headers, payload, escape)
        except Exception as error:
            document = describe(error)
            log_error(document)
            api.fail(f"/invocation/{request_id}/error", document)
        else:
            api.succeed(request_id, body)


main()
