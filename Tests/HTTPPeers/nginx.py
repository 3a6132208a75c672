#!/usr/bin/env python3
"""Runs nginx on three free ports of 127.0.0.1, plain, TLS with HTTP/2, and the same for those only who show a certificate;
with its standard input it ends, and DIR with it.

    nginx.py DIR    prints the ports; DIR/site is served, /put/ stores below DIR, DIR/ca.pem is the authority that
                    signed the certificate and DIR/client.pem with DIR/client.key, DIR/access.log has a line a request
"""
import os, shutil, socket, subprocess, sys, time

directory = os.path.abspath(sys.argv[1])
os.makedirs(f"{directory}/site", exist_ok=True)
os.makedirs(f"{directory}/put", exist_ok=True)


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, cwd=directory, capture_output=True)


def certificates():
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test authority",
            "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    with open(f"{directory}/names", "w") as file:
        file.write("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", "server.pem", "-days", "2", "-extfile", "names")
    openssl("req", *key, "-keyout", "client.key", "-out", "client.csr", "-subj", "/CN=publisher")
    openssl("x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", "client.pem", "-days", "2")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def configuration(plain, secure, guarded):
    temporary = "\n".join(
        f"{name}_temp_path {directory}/temporary-{name};" for name in
        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    locations = f"""
        location / {{ root {directory}/site; autoindex on; }}
        location = /protocol {{ return 200 "$server_protocol $connection"; }}
        location = /down {{ return 302 http://127.0.0.1:{plain}/; }}
        location /put/ {{ root {directory}; dav_methods PUT DELETE; client_max_body_size 0; }}"""
    user = "user root;" if os.getuid() == 0 else ""
    return f"""{user} daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ worker_connections 512; }}
http {{
    log_format short '$request_method $request_uri $status $server_protocol $connection range=$http_range';
    access_log {directory}/access.log short;
    types {{ }} default_type application/octet-stream;
    {temporary}
    server {{ listen 127.0.0.1:{plain}; {locations} }}
    ssl_certificate {directory}/server.pem; ssl_certificate_key {directory}/server.key;
    server {{ listen 127.0.0.1:{secure} ssl http2; {locations} }}
    server {{ listen 127.0.0.1:{guarded} ssl http2; ssl_client_certificate {directory}/ca.pem; ssl_verify_client on;
        location = /who {{ return 200 "$ssl_client_s_dn"; }} {locations} }}
}}
"""


def start():
    """A port that was free may be taken a moment later: then it is tried again."""
    for _ in range(5):
        plain, secure, guarded = free_port(), free_port(), free_port()
        with open(f"{directory}/nginx.conf", "w") as file:
            file.write(configuration(plain, secure, guarded))
        path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
        nginx = subprocess.Popen(
            ["nginx", "-c", f"{directory}/nginx.conf", "-e", f"{directory}/error.log"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, env=dict(os.environ, PATH=path))
        for _ in range(200):
            if nginx.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", secure)).close()
                return nginx, plain, secure, guarded
            except ConnectionRefusedError:
                time.sleep(0.02)
    sys.exit("nginx does not start: see " + f"{directory}/error.log")


certificates()
nginx, *ports = start()
print(*ports, flush=True)
sys.stdin.read()
nginx.terminate()
nginx.wait()
shutil.rmtree(directory, ignore_errors=True)
