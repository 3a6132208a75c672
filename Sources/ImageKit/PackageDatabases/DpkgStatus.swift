import Documents
import FileSystems

/// dpkg's paragraphs of what is installed (deb-control(5), dpkg(1) "Package states").
struct DpkgStatus {
    /// By name and architecture: the last paragraph of one counts.
    private(set) var packages: [String: Package] = [:]

    /// The states in which a package's files are there.
    private static let present: Set<String> = [
        "installed", "triggers-pending", "triggers-awaited", "half-configured", "unpacked",
    ]
    /// A value of a field, in bytes.
    private static let valueLimit = 256

    /// - Parameter stating: whether each paragraph says its state; in status.d all are installed.
    /// - Throws: `Failure` if it holds a line that belongs to no field, as texts of dpkg's never do.
    mutating func add(_ bytes: [UInt8], stating: Bool) throws(Failure) {
        var paragraph = Paragraph()
        for (number, line) in ByteLines(bytes).enumerated() {
            guard let first = line.first else {
                finish(&paragraph, stating)
                guard packages.count <= RPMDatabase.packageLimit else {
                    throw Failure(.refused, "more than \(RPMDatabase.packageLimit) packages in it")
                }
                continue
            }
            // A value that goes on: none of ours does.
            if first == 32 || first == 9 { continue }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
                throw Failure(
                    .refused, "line \(number + 1) of dpkg's status is no field",
                    hint: "mend it in the guest: dpkg --audit")
            }
            paragraph.set(line[..<colon], line[(colon + 1)...])
        }
        finish(&paragraph, stating)
    }

    private mutating func finish(_ paragraph: inout Paragraph, _ stating: Bool) {
        defer { paragraph = Paragraph() }
        guard let name = paragraph.name, !name.isEmpty else { return }
        let key = "\(name):\(paragraph.architecture ?? "")"
        let state = paragraph.status?.split(separator: " ").last.map(String.init)
        guard !stating || Self.present.contains(state ?? ""), let stated = paragraph.version else {
            packages[key] = nil
            return
        }
        let parts = stated.split(separator: ":", maxSplits: 1)
        let epoch = parts.count == 2 ? UInt32(parts[0]) : nil
        packages[key] = Package(
            manager: .dpkg, name: name, version: epoch == nil ? stated : String(parts[1]), epoch: epoch,
            architecture: paragraph.architecture ?? "all", vendor: paragraph.maintainer)
    }

    private struct Paragraph {
        var name, status, version, architecture, maintainer: String?

        mutating func set(_ field: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
            // Fields' names are the same in any case.
            func text() -> String {
                let word = value.drop { $0 == 32 || $0 == 9 }.prefix(DpkgStatus.valueLimit)
                return String(decoding: word.prefix { $0 != 13 }, as: UTF8.self)
            }
            func isNamed(_ name: StaticString) -> Bool {
                field.count == name.utf8CodeUnitCount
                    && zip(field, UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
                        .allSatisfy { $0 | 0x20 == $1 | 0x20 }
            }
            if isNamed("package") {
                name = text()
            } else if isNamed("status") {
                status = text()
            } else if isNamed("version") {
                version = text()
            } else if isNamed("architecture") {
                architecture = text()
            } else if isNamed("maintainer") {
                maintainer = text()
            }
        }
    }
}
