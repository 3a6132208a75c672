import Digest
import Foundation
import OCI
import TestSupport
import Testing

/// The staged tree, as `make stage` made it.
private let stage = ProcessInfo.processInfo.environment["EULERPUBLISHER_STAGE"]

/// The staged program twice, in worlds that have nothing in common but the sources' bytes.
@Suite(.enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct ReproducibleTests {
    /// The index digest of a publication.
    private func publish(_ mirror: String, in folder: String, _ wrapper: [String], _ environment: [String: String])
        throws -> Digest
    {
        try output(
            "env",
            wrapper + [
                "\(folder)/usr/bin/eulerpublisher", "container", "publish", "--version", "24.03-LTS-SP2", "--mirror",
                mirror,
                "--cache-dir", "\(folder)/cache", "--state-dir", "\(folder)/state", "--to", "local:\(folder)/catalogue",
            ], environment: environment)
        return try #require(try Layout(opening: "\(folder)/catalogue").find(tag: "24.03-lts-sp2")).digest
    }

    @Test func folderUserMaskZoneLocaleTimesAndClockDoNotShow() throws {
        let scratch = try Scratch()
        let install = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../scripts/install"
        let one = "\(scratch.path)/one"
        let two = "\(scratch.path)/elsewhere/and deeper"
        let mirror = try makeMirror(in: scratch.path)
        let other = "\(scratch.path)/elsewhere/mirror"
        for folder in [one, two] { try run([install, stage!, "\(folder)/usr"]) }
        try output("cp", ["-r", mirror, other])
        try output("find", [other, "-exec", "touch", "-d", "2001-01-01", "{}", "+"])
        try output("chmod", ["-R", "a+rX", scratch.path])

        let first = try publish(mirror, in: one, ["-C", "/"], ["TZ": "UTC", "LC_ALL": "C"])

        // Root becomes nobody, and anybody else root of a namespace of his own.
        var wrapper = ["-C", two, "faketime", "-f", "+1h", "sh", "-c", "umask 077; date +%s >&2; exec \"$0\" \"$@\""]
        if geteuid() == 0 {
            try output("chown", ["-R", "65534:65534", two])
            try output("chown", ["-R", "0:0", "\(two)/usr"])
            wrapper =
                wrapper[0..<2] + ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] + wrapper[2...]
        } else {
            wrapper = wrapper[0..<2] + ["unshare", "--user", "--map-root-user"] + wrapper[2...]
        }
        // The clock did move.
        let clock = try output("env", wrapper + ["true"])
        let moved = try #require(Int(clock.trimmingCharacters(in: .whitespacesAndNewlines))) - Int(time(nil))
        #expect((3590...3610).contains(moved))

        let environment = [
            "TZ": "Asia/Shanghai", "LC_ALL": "tr_TR.UTF-8", "HOME": two, "TMPDIR": two, "SOURCE_DATE_EPOCH": "",
            // Files keep their times: the worker, which sees the true ones, compares.
            "NO_FAKE_STAT": "1",
        ]
        let second = try publish(other, in: two, wrapper, environment)
        #expect(second == first)
        let owner = try FileManager.default.attributesOfItem(atPath: "\(two)/catalogue/index.json")
        #expect(owner[.ownerAccountID] as? Int == (geteuid() == 0 ? 65534 : Int(geteuid())))

        // Another zlib may compress otherwise: the record says which one it was.
        for folder in [one, two] {
            let records = try output("find", ["\(folder)/state", "-name", "record.json", "-exec", "cat", "{}", "+"])
            #expect(records.contains("\"zlib\""), "\(records)")
            #expect(records.contains("\"\(Gzip.zlibVersion)\""), "\(records)")
        }
    }
}
