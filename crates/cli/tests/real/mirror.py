"""A mirror of packages for a test: makes tiny ones for apt, pip, npm and cargo, and serves them. Beside them
lies the answer of a search service, which find.example.test is to lead to.

`mirror.py FOLDER`: writes ca.pem there, prints a port for TLS and one without, and serves until it
is ended. It is at 127.0.0.2, an address that no program takes for its own computer's.
"""

import base64
import gzip
import hashlib
import http.server
import io
import json
import os
import ssl
import subprocess
import sys
import tarfile
import threading
import zipfile

HOST = "127.0.0.2"
ROOT = sys.argv[1]


def at(*parts):
    path = os.path.join(ROOT, *parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def write(path, content):
    with open(at(*path.split("/")), "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def run(*args):
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def certificates():
    """An authority, and what it says of the mirror."""
    made = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    run(*made, "-x509", "-days", "30", "-subj", "/CN=test authority", "-keyout", at("ca.key"),
        "-out", at("ca.pem"))
    run(*made, "-subj", "/CN=mirror", "-keyout", at("leaf.key"), "-out", at("leaf.csr"))
    write("leaf.ext", f"subjectAltName=IP:{HOST},DNS:find.example.test\n")
    run("openssl", "x509", "-req", "-in", at("leaf.csr"), "-CA", at("ca.pem"), "-CAkey",
        at("ca.key"), "-CAcreateserial", "-days", "30", "-extfile", at("leaf.ext"), "-out",
        at("leaf.pem"))


def archive(files):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, text, mode in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), mode
            tar.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(raw.getvalue(), mtime=0)


def apt():
    write("deb/DEBIAN/control", "Package: legwork-apt\nVersion: 1.0\nArchitecture: all\n"
          "Maintainer: A <a@example.org>\nDescription: says hello\n")
    write("deb/usr/bin/legwork-apt", "#!/bin/sh\necho hello by apt\n")
    os.chmod(at("deb/usr/bin/legwork-apt"), 0o755)
    write("apt/x", "")
    run("dpkg-deb", "--root-owner-group", "-b", at("deb"), at("apt/legwork-apt.deb"))
    with open(at("apt/legwork-apt.deb"), "rb") as file:
        deb = file.read()
    packages = (open(at("deb/DEBIAN/control")).read() + "Filename: ./legwork-apt.deb\n"
                f"Size: {len(deb)}\nSHA256: {hashlib.sha256(deb).hexdigest()}\n\n")
    write("apt/Packages", packages)
    digest = hashlib.sha256(packages.encode()).hexdigest()
    write("apt/Release", "Date: Sat, 01 Jan 2022 00:00:00 UTC\nSuite: test\n"
          f"SHA256:\n {digest} {len(packages)} Packages\n")


def pip():
    raw = io.BytesIO()
    info = "legwork_pip-1.0.dist-info"
    with zipfile.ZipFile(raw, "w") as wheel:
        wheel.writestr("legwork_pip.py", "print('hello by pip')\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: legwork-pip\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL",
                       "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(raw.getvalue()).hexdigest()
    name = "legwork_pip-1.0-py3-none-any.whl"
    write(f"pip/files/{name}", raw.getvalue())
    write("pip/simple/legwork-pip/index.html",
          f'<!DOCTYPE html><a href="../../files/{name}#sha256={digest}">{name}</a>\n')


def npm(url):
    manifest = {"name": "legwork-npm", "version": "1.0.0", "bin": {"legwork-npm": "own.js"}}
    tgz = archive([("package/package.json", json.dumps(manifest), 0o644),
                   ("package/own.js", "#!/usr/bin/env node\nconsole.log('hello by npm')\n", 0o755)])
    write("npm/files/legwork-npm-1.0.0.tgz", tgz)
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(tgz).digest()).decode()
    dist = {"tarball": f"{url}/npm/files/legwork-npm-1.0.0.tgz", "integrity": integrity}
    write("npm/legwork-npm/index.html", json.dumps({
        "name": "legwork-npm", "dist-tags": {"latest": "1.0.0"},
        "versions": {"1.0.0": {**manifest, "dist": dist}}}))


def cargo(url):
    name = "legwork-cargo"
    toml = f'[package]\nname = "{name}"\nversion = "1.0.0"\nedition = "2021"\n'
    crate = archive([(f"{name}-1.0.0/Cargo.toml", toml, 0o644),
                     (f"{name}-1.0.0/src/main.rs", 'fn main() { println!("hello by cargo") }\n',
                      0o644)])
    write(f"cargo/dl/{name}/1.0.0/download", crate)
    write("cargo/index/config.json", json.dumps({"dl": f"{url}/cargo/dl"}))
    write(f"cargo/index/le/gw/{name}", json.dumps({
        "name": name, "vers": "1.0.0", "deps": [], "features": {}, "yanked": False,
        "cksum": hashlib.sha256(crate).hexdigest()}) + "\n")


class Served(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *args):
        super().__init__(*args, directory=ROOT)

    def send_head(self):
        # A folder is its page, with or without a slash behind it.
        path = self.translate_path(self.path)
        if os.path.isdir(path):
            self.path = self.path.split("?")[0].rstrip("/") + "/index.html"
        return super().send_head()

    def log_message(self, *args):
        with open(os.path.join(ROOT, "requests"), "a") as file:
            key = self.headers.get("authorization", "") if hasattr(self, "headers") else ""
            file.write(f"{self.command} {self.path} {key}\n")

    def do_PUT(self):
        self.log_message()
        self.send_error(200)

    do_POST = do_PUT


certificates()
write("search.json", json.dumps({"results": [
    {"title": "Tea", "url": "https://tea.example.test/a", "content": "All about tea"}]}))
server = http.server.ThreadingHTTPServer((HOST, 0), Served)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(at("leaf.pem"), at("leaf.key"))
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
# npm takes no certificate for an address behind a proxy, whatever is in it.
clear = http.server.ThreadingHTTPServer((HOST, 0), Served)
ports = [it.server_address[1] for it in (server, clear)]
apt()
pip()
npm(f"http://{HOST}:{ports[1]}")
cargo(f"https://{HOST}:{ports[0]}")
print(*ports, flush=True)
threading.Thread(target=clear.serve_forever, daemon=True).start()
server.serve_forever()
