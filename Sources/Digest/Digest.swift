import CSystem
import Documents
import Glibc

/// A SHA-256 as every document writes it: `sha256:` and 64 lower-case hexadecimal digits.
public struct Digest: Sendable, Hashable, Codable, CustomStringConvertible {
    public let hex: String

    public init(sha256Hex: String) throws {
        guard sha256Hex.utf8.count == 64,
            sha256Hex.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw Failure(.usage, "\(sha256Hex.prefix(80)) is not a SHA-256 of 64 lower-case hexadecimal digits") }
        hex = sha256Hex
    }

    public init(parsing text: String) throws {
        guard text.hasPrefix("sha256:") else {
            throw Failure(.usage, "\(text.prefix(80)) is not a digest", hint: "write sha256: and 64 hexadecimal digits")
        }
        try self.init(sha256Hex: String(text.dropFirst(7)))
    }

    init(bytes: [UInt8]) { hex = hexadecimal(bytes) }

    public var description: String { "sha256:\(hex)" }

    public init(from decoder: any Decoder) throws {
        try self.init(parsing: try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// Of a file, streamed; its holes are not read.
    /// - Throws: `Failure` when it cannot be read; `CancellationError` in a task that was cancelled.
    public static func sha256(ofFile path: String) throws -> Digest {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(.usage, "cannot read the file: \(String(cString: strerror(errno)))", place: path)
        }
        defer { close(descriptor) }
        var hasher = Hasher()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer {
            buffer.deallocate()
            zeros.deallocate()
        }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        var (offset, end, isHole): (UInt64, UInt64, Bool) = (0, 0, false)
        while true {
            try Task.checkCancellation()
            if offset >= end {
                var length: UInt64 = 0
                let kind = eps_extent(descriptor, offset, &length)
                // Where no extents are told, all is read.
                (isHole, end) = (kind == 2, kind > 0 ? offset + length : .max)
            }
            if isHole {
                let count = Int(min(end - offset, UInt64(zeros.count)))
                hasher.update(UnsafeRawBufferPointer(rebasing: zeros[..<count]))
                offset += UInt64(count)
                continue
            }
            let count = pread(
                descriptor, buffer.baseAddress, Int(min(end - offset, UInt64(buffer.count))), off_t(offset))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw Failure(.internal, "cannot read the file: \(String(cString: strerror(errno)))", place: path)
            }
            if count == 0 { return hasher.finalize() }
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += UInt64(count)
        }
    }
}

/// SHA-256 of bytes as they come. A value: a copy goes on by itself.
public struct Hasher {
    private var running = RunningDigest(.sha256)

    public init() {}

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if !isKnownUniquelyReferenced(&running) { running = running.copy() }
        running.update(bytes)
    }

    /// Of what has come so far; more may come after it.
    public func finalize() -> Digest { Digest(bytes: running.copy().finish()) }
}

/// Hashes bytes that are at hand.
public func sha256(_ bytes: [UInt8]) -> Digest {
    var hasher = Hasher()
    bytes.withUnsafeBytes { hasher.update($0) }
    return hasher.finalize()
}
