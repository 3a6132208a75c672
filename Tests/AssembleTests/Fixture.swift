import Files
import Foundation
import Prepare
import TestSupport

struct ProgramFailure: Error { var text: String }

/// What a program says; an error with it if it fails.
@discardableResult
func output(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> String {
    let answer = try run([program] + arguments, environment: environment)
    guard answer.status == 0 else { throw ProgramFailure(text: "\(program): \(answer.output)") }
    return answer.output
}

/// Makes a mirror of small root filesystems with Python's tarfile and xz: peers that are not ours.
/// - Parameter change: Python run before the archive is written; it may edit `members`, a list of (TarInfo, bytes).
func makeMirror(in directory: String, architectures: [String] = ["x86_64", "aarch64"], change: String = "") throws
    -> String
{
    let mirror = "\(directory)/mirror"
    let script = """
        import hashlib, io, json, os, subprocess, sys, tarfile
        goname = {"x86_64": "amd64", "aarch64": "arm64"}
        def info(name, size=0, mode=0o644, type=tarfile.REGTYPE, link="", mtime=1751011860, uid=0):
            i = tarfile.TarInfo(name)
            i.size, i.mode, i.type, i.linkname, i.mtime, i.uid = size, mode, type, link, mtime, uid
            return i
        for arch in sys.argv[2:]:
            layer = io.BytesIO()
            t = tarfile.open(fileobj=layer, mode="w", format=tarfile.PAX_FORMAT)
            t.addfile(info("etc", mode=0o755, type=tarfile.DIRTYPE))
            bashrc = b"# system wide\\nexport TMOUT=300\\nexport HISTSIZE=1000\\n"
            t.addfile(info("etc/bashrc", len(bashrc), 0o640, uid=7), io.BytesIO(bashrc))
            t.addfile(info("etc/localtime", type=tarfile.SYMTYPE, link="../usr/share/zoneinfo/Asia/Shanghai", mode=0o777))
            body = hashlib.sha256(arch.encode()).digest() * 100000
            long = "usr/share/" + "a" * 150 + "/data"
            t.addfile(info(long, len(body)), io.BytesIO(body))
            t.close()
            layer = layer.getvalue()
            diff = hashlib.sha256(layer).hexdigest()
            config = {"architecture": goname[arch], "os": "linux", "created": "2025-06-27T08:11:00Z",
                      "rootfs": {"type": "layers", "diff_ids": ["sha256:" + diff]}}
            manifest = [{"Config": "config.json", "RepoTags": ["x:latest"], "Layers": ["legacy/layer.tar"]}]
            members = [(info(diff + ".tar", len(layer)), layer),
                       (info("legacy/layer.tar", type=tarfile.SYMTYPE, link="../" + diff + ".tar"), b"")]
        \(change.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"))
            members.append((info("config.json"), json.dumps(config).encode()))
            members.append((info("manifest.json"), json.dumps(manifest).encode()))
            folder = sys.argv[1] + "/openEuler-24.03-LTS-SP2/docker_img/" + arch
            os.makedirs(folder)
            name = "openEuler-docker." + arch + ".tar.xz"
            path = folder + "/" + name[:-3]
            with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as t:
                for i, body in members:
                    i.size = len(body)
                    t.addfile(i, io.BytesIO(body))
            subprocess.run(["xz", "-0", path], check=True)
            digest = hashlib.sha256(open(path + ".xz", "rb").read()).hexdigest()
            open(path + ".xz.sha256sum", "w").write(digest + "  " + name + "\\n")
        """
    try output("python3", ["-c", script, mirror] + architectures)
    return mirror
}

func prepare(_ mirror: String, cache: String, architectures: [String]? = nil) async throws -> PreparedRelease {
    try await ReleaseMirror(location: mirror).prepare(
        version: "24.03-LTS-SP2", architectures: try architectures?.map { try Architecture($0) }, cache: cache)
}
