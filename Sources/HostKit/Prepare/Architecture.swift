import Documents
public import OCI

/// An architecture as a release mirror spells it, and as an image index does.
public struct Architecture: Sendable, Hashable, CustomStringConvertible {
    /// The mirror's spelling: x86_64, aarch64, loongarch64, riscv64.
    public let name: String
    /// The index's spelling: amd64, arm64, loong64, riscv64 (Go's GOARCH, which the image specification uses).
    public let goName: String

    public var platform: Platform { Platform(architecture: goName) }
    public var description: String { name }

    public static let all: [Architecture] = [
        Architecture(name: "x86_64", goName: "amd64"), Architecture(name: "aarch64", goName: "arm64"),
        Architecture(name: "loongarch64", goName: "loong64"), Architecture(name: "riscv64", goName: "riscv64"),
    ]

    private init(name: String, goName: String) {
        self.name = name
        self.goName = goName
    }

    /// Either spelling, also with `linux/` before it.
    /// - Throws: `Failure` that lists the known ones.
    public init(_ text: String) throws {
        let plain = text.hasPrefix("linux/") ? String(text.dropFirst(6)) : text
        guard let found = Self.all.first(where: { $0.name == plain || $0.goName == plain }) else {
            throw Failure(
                .usage, "\(text.prefix(80)) is not a known architecture",
                hint: "one of " + Self.all.map(\.name).joined(separator: ", "))
        }
        self = found
    }
}
