"""Programs that people use with S3, as Debian has them: rclone, restic, s3cmd, and s3fs, which mounts a bucket.

A machine without one of them fails: `.ci/run` installs them.
"""

import os
import re
import subprocess

import pytest

from conftest import eventually
from web import visit

MIB = 1024 * 1024
SECONDS_MAX = 60


@pytest.fixture
def tool(cloud, tmp_path):
    """Runs a program in an environment where nothing but the keys is said, and gives back what it prints."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }

    def run(*command, text="", fails=False):
        done = subprocess.run(
            command, input=text, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX
        )
        assert (done.returncode != 0) == fails, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    run.environment = environment
    return run


@pytest.fixture
def files(tmp_path, chance):
    """A folder with what is awkward: nothing, much, names of all kinds."""
    folder = tmp_path / "files"
    (folder / "deep" / "ü ß").mkdir(parents=True)
    (folder / "empty").touch()
    (folder / "one").write_text("1")
    (folder / "deep" / "two").write_text("2" * 1000)
    (folder / "deep" / "ü ß" / "a+b &%20?#=.txt").write_text("grüße")
    (folder / "large").write_bytes(chance.randbytes(11 * MIB))
    return folder


def tree(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(params=["Minio", "Other"])
def rclone(request, cloud, tool):
    """By newer and by older lists; both put the bucket into the path, where Amazon's own setting wants hosts."""
    settings = {"TYPE": "s3", "PROVIDER": request.param, "ENV_AUTH": "true", "ENDPOINT": cloud.url, "REGION": "us-east-1"}
    settings |= {"UPLOAD_CUTOFF": "5Mi", "CHUNK_SIZE": "5Mi"}
    # It asks for a private list of objects otherwise, which buckets without lists do not take.
    settings |= {"ACL": "bucket-owner-full-control", "BUCKET_ACL": "private"}
    for name, value in settings.items():
        tool.environment[f"RCLONE_CONFIG_S3_{name}"] = value
    tool.environment |= {"RCLONE_CONFIG": "/dev/null", "RCLONE_RETRIES": "1", "RCLONE_LOW_LEVEL_RETRIES": "1"}
    return lambda *command, **how: tool("rclone", *command, **how)


def test_rclone_keeps_folders_alike(rclone, files, s3, bucket, tmp_path):
    there = f"s3:{bucket}/kept"
    rclone("sync", "files", there)
    assert s3.head_object(Bucket=bucket, Key="kept/large")["ETag"].endswith('-3"')
    assert "5 matching files" in rclone("check", "files", there)
    assert "5 matching files" in rclone("check", "--download", "files", there)
    assert "There was nothing to transfer" in rclone("copy", "-v", "--checksum", "files", there)
    rclone("sync", "--checksum", there, "back")
    assert tree(tmp_path / "back") == tree(files)
    (files / "one").unlink()
    (files / "deep" / "two").write_text("other")
    assert "2 differences found" in rclone("check", "files", there, fails=True)
    rclone("sync", "files", there)
    assert "0 differences found" in rclone("check", "files", there)
    rclone("move", there, f"s3:{bucket}/moved")
    listed = rclone("lsf", "--recursive", f"s3:{bucket}").splitlines()
    assert sorted(listed) == sorted(
        ["moved/", "moved/deep/", "moved/deep/ü ß/", "moved/deep/two", "moved/deep/ü ß/a+b &%20?#=.txt", "moved/empty", "moved/large"]
    )
    rclone("purge", f"s3:{bucket}")
    assert bucket not in rclone("lsd", "s3:")


def test_rclone_shows_versions(rclone, s3, bucket):
    assert "Enabled" in rclone("backend", "versioning", f"s3:{bucket}", "Enabled")
    for text in ["first", "second one"]:
        rclone("rcat", f"s3:{bucket}/twice.txt", text=text)
    rclone("rcat", f"s3:{bucket}/once.txt", text="once")
    rclone("deletefile", f"s3:{bucket}/twice.txt")
    rclone("deletefile", f"s3:{bucket}/once.txt")
    assert rclone("lsf", f"s3:{bucket}") == ""
    # rclone names versions by their moment.
    versions = rclone("lsf", "--s3-versions", "--format", "sp", f"s3:{bucket}").splitlines()
    named = sorted(re.sub("-v[-0-9]+", "", version) for version in versions)
    assert named == ["10;twice.txt", "4;once.txt", "5;twice.txt"]
    once = next(version.split(";")[1] for version in versions if "once" in version)
    assert rclone("cat", "--s3-versions", f"s3:{bucket}/{once}") == "once"
    # All versions and markers go.
    rclone("backend", "cleanup-hidden", f"s3:{bucket}")
    assert "Versions" not in s3.list_object_versions(Bucket=bucket)


def test_restic_backs_up_and_restores(cloud, tool, files, bucket, tmp_path):
    """Takes ten seconds: restic makes the key of its password slowly, at each of nine starts."""
    tool.environment |= {
        "RESTIC_REPOSITORY": f"s3:{cloud.url}/{bucket}/repository",
        "RESTIC_PASSWORD": "secret",
        "RESTIC_CACHE_DIR": str(tmp_path / "cache"),
    }
    tool("restic", "init")
    tool("restic", "backup", "files")
    first = tree(files)
    (files / "large").write_bytes(b"no longer")
    tool("restic", "backup", "files")
    assert "no errors were found" in tool("restic", "check", "--read-data")
    tool("restic", "restore", "latest", "--target", "latest")
    assert tree(tmp_path / "latest" / "files") == tree(files)
    oldest = tool("restic", "snapshots", "--compact").splitlines()[2].split()[0]
    tool("restic", "restore", oldest, "--target", "first")
    assert tree(tmp_path / "first" / "files") == first
    assert "1 snapshots have been removed" in tool("restic", "forget", "--keep-last", "1", "--prune")
    assert "no errors were found" in tool("restic", "check", "--read-data")
    assert len(tool("restic", "list", "locks")) == 0
    assert "wrong password" in tool("env", "RESTIC_PASSWORD=other", "restic", "snapshots", fails=True)


@pytest.fixture
def s3cmd(cloud, tool, tmp_path):
    host = cloud.url.removeprefix("http://")
    website = f"http://%(bucket)s.s3-website.localhost:{host.split(':')[1]}/"
    settings = {"host_base": host, "host_bucket": host, "use_https": "False", "website_endpoint": website}
    settings |= {"access_key": "test", "secret_key": "test", "bucket_location": "us-east-1"}
    lines = [f"{name} = {value}\n" for name, value in settings.items()]
    (tmp_path / ".s3cfg").write_text("[default]\n" + "".join(lines))
    return lambda *command, **how: tool("s3cmd", "--no-progress", *command, **how)


def test_s3cmd_moves_files(s3cmd, files, s3, bucket, tmp_path):
    """Takes eight seconds: starting Python fourteen times, and `sync` waits a second at its end."""
    there = f"s3://{bucket}"
    s3cmd("put", "files/one", f"{there}/")
    s3cmd("put", "--multipart-chunk-size-mb=5", "files/large", f"{there}/large")
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-3"')
    s3cmd("get", f"{there}/large", "got")
    assert (tmp_path / "got").read_bytes() == (files / "large").read_bytes()
    assert "Done. Uploaded" in s3cmd("sync", "files/", f"{there}/kept/")
    assert "Done. Uploaded" not in s3cmd("sync", "files/", f"{there}/kept/")
    s3cmd("sync", f"{there}/kept/", "back/")
    assert tree(tmp_path / "back") == tree(files)
    assert f"DIR  {there}/kept/" in s3cmd("ls", there)
    assert f"{there}/kept/deep/ü ß/a+b &%20?#=.txt" in s3cmd("ls", "--recursive", there)
    size = sum(len(contents) for contents in tree(files).values()) + 1 + 11 * MIB
    assert re.match(rf"\s*{size}\s+7 objects", s3cmd("du", there))
    s3cmd("cp", f"{there}/one", f"{there}/copy")
    s3cmd("mv", f"{there}/copy", f"{there}/moved")
    s3cmd("modify", "--add-header=x-amz-meta-colour:red", f"{there}/moved")
    assert re.search("x-amz-meta-colour: red", s3cmd("info", f"{there}/moved"))
    s3cmd("del", "--recursive", "--force", there)
    s3cmd("rb", there)
    assert "NoSuchBucket" in s3cmd("ls", there, fails=True)


def test_s3cmd_lists_and_ends_uploads(s3cmd, s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    assert upload in s3cmd("multipart", f"s3://{bucket}")
    assert re.search(r"\s1\s", s3cmd("listmp", f"s3://{bucket}/k", upload))
    s3cmd("abortmp", f"s3://{bucket}/k", upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_s3cmd_sets_buckets(cloud, s3cmd, s3, bucket, tmp_path):
    there = f"s3://{bucket}"
    s3.put_object(Bucket=bucket, Key="home.html", Body=b"at home")
    s3cmd("ws-create", "--ws-index=home.html", "--ws-error=error.html", there)
    assert "home.html" in s3cmd("ws-info", there)
    host = f"{bucket}.s3-website.localhost"
    assert visit(cloud, "/", host).text == "at home"
    s3cmd("ws-delete", there)
    assert visit(cloud, "/", host).status == 404

    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObjectAcl","Resource":"arn:aws:s3:::%s/*"}]}'
    (tmp_path / "policy.json").write_text(policy % bucket)
    s3cmd("setpolicy", "policy.json", there)
    assert "s3:PutObjectAcl" in s3cmd("info", there)
    s3cmd("delpolicy", there)
    rule = "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>"
    (tmp_path / "cors.xml").write_text(f"<CORSConfiguration>{rule}</CORSConfiguration>")
    s3cmd("setcors", "cors.xml", there)
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]
    s3cmd("delcors", there)
    s3cmd("expire", "--expiry-days=3", "--expiry-prefix=old/", there)
    assert "'3' day(s)" in s3cmd("info", there)
    s3cmd("dellifecycle", there)
    s3cmd("payer", "--requester-pays", there)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"
    link = s3cmd("signurl", f"{there}/home.html", "+600").strip()
    assert visit(cloud, link.removeprefix(cloud.url)).text == "at home"


@pytest.fixture
def mounted(cloud, tool, bucket, tmp_path):
    """The bucket as a folder. It needs FUSE: /dev/fuse, and the right to mount."""
    folder, secret = tmp_path / "mounted", tmp_path / "secret"
    folder.mkdir()
    secret.write_text("test:test")
    secret.chmod(0o600)
    options = f"url={cloud.url},use_path_request_style,passwd_file={secret},endpoint=us-east-1,multipart_size=5"
    with open(tmp_path / "s3fs.log", "w+") as log:
        process = subprocess.Popen(
            ["s3fs", bucket, folder, "-f", "-o", options], env=tool.environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            eventually(lambda: folder.is_mount() or process.poll() is not None)
            assert process.poll() is None, (tmp_path / "s3fs.log").read_text()
            yield folder
        finally:
            # The folder may be busy for a moment.
            unmount = ["fusermount", "-u", folder]
            eventually(lambda: process.poll() is not None or subprocess.run(unmount, check=False).returncode == 0)
            # Nothing is mounted any more; now and then it does not end by itself.
            process.kill()
            process.wait(SECONDS_MAX)


def test_s3fs_makes_a_bucket_a_folder(mounted, files, s3, bucket):
    (mounted / "a" / "b").mkdir(parents=True)
    (mounted / "a" / "b" / "ü").write_text("grüße")
    assert s3.get_object(Bucket=bucket, Key="a/b/ü")["Body"].read().decode() == "grüße"
    (mounted / "large").write_bytes((files / "large").read_bytes())
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-2"')
    with open(mounted / "large", "r+b") as large:
        large.seek(6 * MIB)
        large.write(b"in the middle")
    expected = bytearray((files / "large").read_bytes())
    expected[6 * MIB : 6 * MIB + 13] = b"in the middle"
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == expected
    s3.put_object(Bucket=bucket, Key="from/elsewhere", Body=b"seen")
    assert (mounted / "from" / "elsewhere").read_text() == "seen"
    os.rename(mounted / "a", mounted / "z")
    (mounted / "z" / "b" / "ü").chmod(0o600)
    with open(mounted / "z" / "b" / "ü", "a") as file:
        file.write("!")
    assert (mounted / "z" / "b" / "ü").read_text() == "grüße!"
    assert sorted(os.listdir(mounted)) == ["from", "large", "z"]
    os.symlink("large", mounted / "link")
    assert (mounted / "link").stat().st_size == 11 * MIB
    (mounted / "z" / "b" / "ü").unlink()
    (mounted / "z" / "b").rmdir()
    assert os.listdir(mounted / "z") == []
