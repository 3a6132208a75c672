#!/usr/bin/env python3
"""Stands in for cosign, which cannot be installed where these tests run: it takes what cosign's documentation says of
`cosign version` and `cosign sign --key KEY IMAGE@DIGEST`, notes how it was called, and pushes a signature in the layout of
https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md, made with openssl and the key. What the real one does
besides (transparency log, encrypted keys, keys elsewhere) is not tried here.

COSIGN_STANDIN_NOTES is the directory for its notes. COSIGN_STANDIN=fail ends it with an error before it sends anything, =nothing without
one. It logs in as docker's clients do: DOCKER_CONFIG/config.json names a store, docker-credential-STORE answers for a server.
"""
import base64, hashlib, json, os, subprocess, sys, urllib.error, urllib.request

arguments, notes = sys.argv[1:], os.environ["COSIGN_STANDIN_NOTES"]


def note(name, value):
    with open(f"{notes}/{name}", "a") as file:
        file.write(json.dumps(value) + "\n")


if arguments == ["version"]:
    note("versions", 1)
    print("GitVersion:    v2.0.0 (a stand-in)")
    sys.exit(0)

note("calls", {"arguments": arguments, "environment": dict(os.environ), "input": sys.stdin.read()})
if os.environ.get("COSIGN_STANDIN") == "fail":
    print("Error: signing: \x1b[31mdecrypt\x1b[0m failed with " + os.environ.get("COSIGN_PASSWORD", ""), file=sys.stderr)
    sys.exit(1)
if os.environ.get("COSIGN_STANDIN") == "nothing":
    sys.exit(0)

assert arguments[0] == "sign" and "--yes" in arguments, arguments
key = arguments[arguments.index("--key") + 1]
name, digest = arguments[-1].split("@")
host, repository = name.split("/", 1)

with open(os.environ["DOCKER_CONFIG"] + "/config.json") as file:
    store = json.load(file)["credsStore"]
answer = subprocess.run([f"docker-credential-{store}", "get"], input=host, capture_output=True, text=True)
login = json.loads(answer.stdout) if answer.returncode == 0 else None
# It answers for that server alone.
other = subprocess.run([f"docker-credential-{store}", "get"], input="other.example", capture_output=True, text=True)
note("others", [other.returncode, other.stdout])


def send(method, path, data=None, kind="application/octet-stream"):
    url = path if path.startswith("http") else f"http://{host}{path}"
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": kind})
    if login:
        pair = f"{login['Username']}:{login['Secret']}".encode()
        request.add_header("Authorization", "Basic " + base64.b64encode(pair).decode())
    request.add_header("Accept", "application/vnd.oci.image.manifest.v1+json")
    return urllib.request.urlopen(request)


def blob(data, kind):
    found = "sha256:" + hashlib.sha256(data).hexdigest()
    location = send("POST", f"/v2/{repository}/blobs/uploads/").headers["Location"]
    send("PUT", location + ("&" if "?" in location else "?") + "digest=" + found.replace(":", "%3A"), data)
    return {"mediaType": kind, "size": len(data), "digest": found}


payload = json.dumps({"critical": {"identity": {"docker-reference": name}, "image": {"docker-manifest-digest": digest},
                                   "type": "cosign container image signature"}, "optional": None}).encode()
signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=payload, check=True,
                           capture_output=True).stdout
layer = blob(payload, "application/vnd.dev.cosign.simplesigning.v1+json")
layer["annotations"] = {"dev.cosignproject.cosign/signature": base64.b64encode(signature).decode()}
tag = digest.replace(":", "-") + ".sig"
try:
    layers = json.load(send("GET", f"/v2/{repository}/manifests/{tag}"))["layers"]
except urllib.error.HTTPError:
    layers = []
config = blob(json.dumps({"architecture": "", "os": "", "rootfs": {"type": "layers", "diff_ids": []},
                          "config": {}}).encode(), "application/vnd.oci.image.config.v1+json")
manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config,
            "layers": layers + [layer]}
send("PUT", f"/v2/{repository}/manifests/{tag}", json.dumps(manifest).encode(), manifest["mediaType"])
print(f"Pushing signature to: {name}", file=sys.stderr)
