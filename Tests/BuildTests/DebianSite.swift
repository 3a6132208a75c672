import Foundation
import TestSupport
import Testing

/// A repository for apt on loopback with one package: its maintainer script writes who runs it, and on which machine, and with
/// perl removes ten thousand files right after they were read. At last it waits for no disk: fsync(2) of no file, of x86-64.
final class DebianSite {
    static let package = "ep-probe"
    /// What the script of it writes.
    static let trace = "/etc/ep-probe"

    private let server = Process()
    let url: String

    init(in folder: String) throws {
        let (tree, site) = ("\(folder)/probe", "\(folder)/site")
        try FileManager.default.createDirectory(atPath: "\(tree)/DEBIAN", withIntermediateDirectories: true)
        try Data(
            ("Package: \(Self.package)\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody <n@example.org>\n"
                + "Description: probe\n").utf8
        ).write(to: URL(fileURLWithPath: "\(tree)/DEBIAN/control"))
        let script = """
            #!/bin/sh
            set -e
            id -u >\(Self.trace)
            uname -m >>\(Self.trace)
            [ -x /usr/bin/perl ] || exit 0
            perl -e '
                open F, ">", "/etc/ep-a"; close F;
                for (1..10000) {
                    link "/etc/ep-a", "/etc/ep-b"; open F, "/etc/ep-b"; open G, "/etc/ep-b"; close F; close G;
                    unlink("/etc/ep-b") and $n++;
                }
                unlink "/etc/ep-a"; print "$n removed\\n";
                print "fsync of nothing: ", syscall(74, -1), "\\n"' >>\(Self.trace)

            """
        try Data(script.utf8)
            .write(to: URL(fileURLWithPath: "\(tree)/DEBIAN/postinst"))
        chmod("\(tree)/DEBIAN/postinst", 0o755)
        let made = try run([
            "sh", "-c",
            "mkdir \(site) && cd \(site) && dpkg-deb --root-owner-group -Zxz -b \(tree) p.deb && "
                + "(dpkg-deb -f p.deb; echo Filename: ./p.deb; echo Size: $(stat -c %s p.deb); "
                + "echo SHA256: $(sha256sum p.deb | cut -d ' ' -f 1)) >Packages",
        ])
        try #require(made.status == 0, "\(made.output)")
        let words = Pipe()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        server.arguments = ["python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", site]
        server.standardOutput = words
        server.standardError = FileHandle.nullDevice
        try server.run()
        let said = String(decoding: words.fileHandleForReading.availableData, as: UTF8.self)
        url = "http://127.0.0.1:\(try #require(said.split(separator: " ").first { Int($0) != nil }))"
    }

    deinit { server.terminate() }
}
