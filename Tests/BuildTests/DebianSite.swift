import Foundation
import TestSupport
import Testing

/// A repository for apt on loopback with one package: its maintainer script writes who runs it, and on which machine.
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
        try Data("#!/bin/sh\nset -e\nid -u >\(Self.trace)\nuname -m >>\(Self.trace)\n".utf8)
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
