public import Documents
import Glibc

/// A disk image's file as qemu's programs are told of it: the format is what our own reader found, and no other file is reached.
///
/// Which other file a header names, a reader has refused before; here `backing` is overruled once more. VHDs of a fixed size are
/// their bytes: qemu would compute another size for some from the geometry in their footer.
public struct QemuImage: Sendable, Equatable {
    /// Absolute: a path with a colon in it would be a protocol.
    public var path: String
    /// As `DiskFacts.format` and `DiskFacts.variant`.
    public var format: String
    public var variant: String?
    /// Of the disk that the guest sees, in bytes.
    public var virtualSize: UInt64
    public var isBlockDevice = false

    /// - Parameter path: of a file that is there.
    /// - Throws: `Failure` (usage) if it is not.
    public init(_ path: String, format: String, variant: String?, virtualSize: UInt64) throws(Failure) {
        guard let pointer = realpath(path, nil) else {
            throw Failure(.usage, "cannot open: \(String(cString: strerror(errno)))", place: path)
        }
        defer { free(pointer) }
        self.path = String(cString: pointer)
        (self.format, self.variant, self.virtualSize) = (format, variant, virtualSize)
        var status = stat()
        isBlockDevice = stat(self.path, &status) == 0 && status.st_mode & S_IFMT == S_IFBLK
    }

    /// - Throws: `Failure` if the reader could not tell what the file is.
    public init(_ path: String, _ facts: DiskFacts?) throws(Failure) {
        guard let format = facts?.format.value, let size = facts?.virtualSize.value, size > 0 else {
            throw Failure(.refused, "what kind of disk image this is can't be told", place: path)
        }
        try self.init(path, format: format, variant: facts?.variant.value, virtualSize: size)
    }

    private var isFixed: Bool { format == "vhd" && variant == "fixed" }

    /// qemu's own name of the format.
    public var driver: String { isFixed ? "raw" : format == "vhd" ? "vpc" : format }

    /// The node of the file, and of the disk in it, for `-blockdev`: read only.
    public func nodes(named name: String) -> [JSON] {
        [file(named: "\(name)-file"), disk(named: name, "\(name)-file")]
    }

    private func file(named name: String?) -> JSON {
        var node: [String: JSON] = [
            "driver": isBlockDevice ? "host_device" : "file", "filename": .string(path), "read-only": true,
        ]
        if let name { node["node-name"] = .string(name) }
        return .object(node)
    }

    private func disk(named name: String?, _ file: JSON) -> JSON {
        var node: [String: JSON] = ["driver": .string(driver), "file": file, "read-only": true]
        if let name { node["node-name"] = .string(name) }
        if format == "qcow2" || format == "vmdk" { node["backing"] = .null }
        if isFixed { node["size"] = .integer(Int64(clamping: virtualSize)) }
        return .object(node)
    }

    /// The disk in one word, for qemu-img: driver and file are named in it.
    /// - Throws: an encoder's error if the path can't be said.
    public func word() throws -> String { "json:\(try disk(named: nil, file(named: nil)).text())" }

    /// A part of the disk in one word, in bytes: to be read, or of a raw file of ours to be written.
    public func word(offset: UInt64, size: UInt64, writable: Bool = false) throws -> String {
        let inner: JSON =
            writable && format == "raw"
            ? ["driver": "file", "filename": .string(path)] : disk(named: nil, file(named: nil))
        let part: JSON = [
            "driver": "raw", "offset": .integer(Int64(clamping: offset)), "size": .integer(Int64(clamping: size)),
            "file": inner,
        ]
        return "json:\(try part.text())"
    }
}

extension Program {
    /// - Throws: `Failure` (usage) if it is not here.
    public static func qemuImage(search: String) throws(Failure) -> Program {
        try Program("qemu-img", apt: "qemu-utils", dnf: "qemu-img", search: search)
    }
}
