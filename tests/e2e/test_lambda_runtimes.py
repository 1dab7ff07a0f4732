"""Functions in Java and Ruby, interpreters that are not here, and those that are installed."""

import io
import subprocess
import zipfile
from pathlib import Path

import pytest
from conftest import BINARY, eventually, refused
from functions import ROLE, create, invoke, package

CLIENT = Path(__file__).parents[2] / "runtime/bootstraps/java"
JAVA = """
package trips;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.ArrayList;
import java.util.List;

public class Book implements RequestHandler<Book.Trip, Book.Booking> {
    private int count;

    @Override
    public Booking handleRequest(Trip trip, Context context) {
        if (trip.getSeats() < 1) throw new IllegalArgumentException("no seats");
        context.getLogger().log("booking " + trip.getTo());
        Booking booking = new Booking();
        booking.setNumber(++count);
        for (int seat = 1; seat <= trip.getSeats(); seat++) booking.getSeats().add(trip.getTo() + "-" + seat);
        return booking;
    }

    public static class Trip {
        private String to;
        private int seats;

        public String getTo() { return to; }
        public void setTo(String to) { this.to = to; }
        public int getSeats() { return seats; }
        public void setSeats(int seats) { this.seats = seats; }
    }

    public static class Booking {
        private int number;
        private List<String> seats = new ArrayList<>();
        private String note;

        public int getNumber() { return number; }
        public void setNumber(int number) { this.number = number; }
        public List<String> getSeats() { return seats; }
        public void setSeats(List<String> seats) { this.seats = seats; }
        public String getNote() { return note; }
        public void setNote(String note) { this.note = note; }
    }
}
"""


def classes(folder):
    """The package as a build makes it: classes at its root, and the interfaces of AWS's library in a jar in `lib`."""
    source = folder / "Book.java"
    source.write_text(JAVA)
    flags = ["-J-XX:TieredStopAtLevel=1", "-proc:none", "--release", "11", "-sourcepath", CLIENT, "-d", folder / "out"]
    subprocess.run(["javac", *flags, source], check=True)
    library, whole = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(library, "w") as jar, zipfile.ZipFile(whole, "w") as archive:
        for file in (folder / "out").rglob("*.class"):
            name = file.relative_to(folder / "out")
            (jar if name.parts[0] == "com" else archive).write(file, name)
        jar.close()
        archive.writestr("lib/aws-lambda-java-core.jar", library.getvalue())
    return whole.getvalue()


@pytest.fixture
def patient(cloud):
    return cloud.client("lambda", read_timeout=60)


def test_a_function_in_java_survives_the_server(make_cloud, tmp_path):
    cloud = make_cloud().start()
    functions = cloud.client("lambda", read_timeout=60)
    settings = {"Runtime": "java17", "Handler": "trips.Book::handleRequest", "MemorySize": 512, "Timeout": 30}
    code = {"ZipFile": classes(tmp_path)}
    made = create(functions, "book", "", Code=code, **settings, SnapStart={"ApplyOn": "PublishedVersions"})
    assert (made["Runtime"], made["SnapStart"]["ApplyOn"]) == ("java17", "PublishedVersions")
    answer, booked = invoke(functions, "book", {"to": "Rome", "seats": 2}, LogType="Tail")
    assert booked == {"number": 1, "seats": ["Rome-1", "Rome-2"]}
    answer, booked = invoke(functions, "book", {"to": "Oslo", "seats": 1})
    assert booked == {"number": 2, "seats": ["Oslo-1"]}
    answer, error = invoke(functions, "book", {"to": "Oslo"})
    assert answer["FunctionError"] == "Unhandled"
    assert (error["errorType"], error["errorMessage"]) == ("java.lang.IllegalArgumentException", "no seats")
    assert error["stackTrace"][0] == "trips.Book.handleRequest(Book.java:14)"
    logs = cloud.client("logs")
    said = lambda: [one["message"] for one in logs.filter_log_events(logGroupName="/aws/lambda/book")["events"]]  # noqa: E731
    eventually(lambda: any(line.strip() == "booking Rome" for line in said()))
    cloud.kill()
    cloud.start()
    functions = cloud.client("lambda", read_timeout=60)
    assert invoke(functions, "book", {"to": "Rome", "seats": 1})[1] == {"number": 1, "seats": ["Rome-1"]}
    functions.update_function_configuration(FunctionName="book", Handler="trips.Book")
    assert invoke(functions, "book", {"to": "Bonn", "seats": 1})[1]["seats"] == ["Bonn-1"]


def test_a_function_in_ruby(patient, name):
    code = """
require 'json'

module Trips
  class Book
    def self.process(event:, context:)
      raise ArgumentError, 'no seats' if event['seats'].to_i < 1

      puts "booking for #{context.function_name}"
      { seats: (1..event['seats']).map { |seat| "#{event['to']}-#{seat}" } }
    end
  end
end
"""
    create(patient, name, "", Runtime="ruby3.3", Handler="book.Trips::Book.process", Code={"ZipFile": package(book__rb=code)})
    assert invoke(patient, name, {"to": "Rome", "seats": 2})[1] == {"seats": ["Rome-1", "Rome-2"]}
    answer, error = invoke(patient, name, {"to": "Rome"})
    assert answer["FunctionError"] == "Unhandled"
    assert (error["errorType"], error["errorMessage"]) == ("Function<ArgumentError>", "no seats")
    assert error["stackTrace"][0].startswith("/var/task/book.rb:7:in ")


def test_runtimes_that_nothing_serves_are_refused(patient, name):
    wish = {"FunctionName": name, "Role": ROLE, "Handler": "h", "Code": {"ZipFile": package(h="")}}
    code, message = refused(patient.create_function, **wish, Runtime="dotnet8")
    assert code == "InvalidParameterValueException"
    assert "needs .NET 8, found: none" in message and "provided.al2023" in message
    for old in ["nodejs16.x", "python3.8", "go1.x", "java8", "dotnet6"]:
        code, message = refused(patient.create_function, **wish, Runtime=old)
        assert code == "InvalidParameterValueException"
        assert message.startswith(f"The runtime parameter of {old} is no longer supported"), message
    assert refused(patient.create_function, **wish, Runtime="cobol1")[0] in ("InvalidParameterValueException", "ValidationException")


def test_functions_may_wait_for_their_interpreter(make_cloud, tmp_path):
    cloud = make_cloud("--set", "lambda.accept-missing-interpreters=1", env={"PATH": str(tmp_path)}).start()
    functions = cloud.client("lambda", read_timeout=60)
    create(functions, "f", "def handler(event, context): return 1")
    code, message = refused(invoke, functions, "f")
    assert code == "InvalidRuntimeException"
    assert "install Python 3.12" in message and "served here: " in message and "provided.al2023" in message
    real = subprocess.check_output(["python3", "-c", "import sys; print(sys.executable, end='')"], text=True)
    (tmp_path / "python3").symlink_to(real)
    assert invoke(functions, "f")[1] == 1


def test_node_is_installed_from_a_registry(make_cloud, tmp_path):
    packs = tmp_path / "packs"

    def run(*arguments):
        # As it is, because npm may have been told in it where its registry is.
        command = [BINARY, "runtimes", *arguments, "--runtimes", packs]
        return subprocess.run(command, capture_output=True, text=True, timeout=300)

    done = run("install", "nodejs24.x")
    assert done.returncode == 0, done.stderr
    listed = dict(line.split(maxsplit=1) for line in run("list").stdout.splitlines())
    assert listed["nodejs24.x"].split() == ["24", str(packs / "nodejs24.x/bin/node")]
    assert [one.name for one in packs.iterdir()] == ["nodejs24.x"]
    functions = make_cloud("--runtimes", str(packs)).start().client("lambda", read_timeout=60)
    code = {"ZipFile": package(main__js="exports.handler = async () => process.version;")}
    create(functions, "f", "", Runtime="nodejs24.x", Code=code)
    assert invoke(functions, "f")[1].startswith("v24.")
    for unknown, says in [("python3.13", "only runtimes of Node.js"), ("nodejs19.x", "nodejs19.x is not supported")]:
        done = run("install", unknown)
        assert done.returncode != 0 and says in done.stderr


def test_runtimes_are_listed_with_what_would_bring_them(tmp_path):
    command = [BINARY, "runtimes", "list", "--runtimes", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={"PATH": str(tmp_path)})
    listed = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert listed["nodejs22.x"] == "not here: needs Node.js 22; run `cloudlet runtimes install nodejs22.x`"
    assert listed["dotnet8"].startswith("not here: needs .NET 8; publish the function self-contained")
    assert listed["provided.al2"] == "the function brings what it runs"
