import Glibc

/// Reads what a provider prints, line by line, and notices a flood.
struct OutputMeter {
    let name: String
    private(set) var isClosed = false
    private(set) var isFlooding = false
    private var partial: [UInt8] = []
    private var allowance = OutputMeter.burst
    private var lastRefill: Int64 = 0

    /// Bytes that may come at once, and per second after that: far above any honest log, far below what fills a disk.
    static let burst: Int64 = 1 << 20
    static let rate: Int64 = 256 << 10
    /// Bytes of a line; longer ones are cut into several.
    static let line = 4096

    init(name: String) { self.name = name }

    /// The whole lines that are there now.
    mutating func read(_ descriptor: Int32) -> [String] {
        var lines: [String] = []
        while !isClosed && !isFlooding {
            var size = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, initialized in
                size = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                initialized = max(0, size)
            }
            if size < 0 && errno == EINTR { continue }
            if size < 0 && errno == EAGAIN { break }
            guard size > 0 else {
                isClosed = true
                break
            }
            charge(Int64(size))
            for byte in bytes {
                if byte == UInt8(ascii: "\n") || partial.count >= Self.line { lines.append(take()) }
                if byte != UInt8(ascii: "\n") { partial.append(byte) }
            }
        }
        return lines
    }

    /// The last line, if it did not end.
    mutating func rest() -> String? { partial.isEmpty ? nil : take() }

    private mutating func take() -> String {
        defer { partial.removeAll(keepingCapacity: true) }
        return String(decoding: partial, as: UTF8.self)
    }

    /// Takes that many bytes from the allowance.
    mutating func charge(_ size: Int64) {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let milliseconds = Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
        if lastRefill > 0 { allowance = min(Self.burst, allowance + (milliseconds - lastRefill) * Self.rate / 1000) }
        lastRefill = milliseconds
        allowance -= size
        isFlooding = allowance < 0
    }
}
