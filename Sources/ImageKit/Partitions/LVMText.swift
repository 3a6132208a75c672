import Documents

/// The text that LVM keeps its volumes in: `name = value`, `name { ... }` (LVM2's lib/config/config.c).
///
/// Nothing in it is trusted: depth and number of values are bounded.
struct LVMText {
    enum Value: Equatable {
        case number(UInt64)
        case text(String)
        case list([Value])
        case section([String: Value])
    }

    /// In bytes: a group of hundreds of volumes has less.
    static let limit = 4 << 20
    private static let depthLimit = 16
    private static let countLimit = 1 << 17

    private let bytes: [UInt8]
    private var place = 0
    private var count = 0

    /// - Throws: `Failure` (refused) if it is not such a text, up to its first zero.
    static func parse(_ bytes: [UInt8]) throws(Failure) -> [String: Value] {
        var text = LVMText(bytes: Array(bytes.prefix { $0 != 0 }))
        return try text.section(depth: 0)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private func wrong(_ what: String) -> Failure { Failure(.refused, "LVM's text has \(what) at byte \(place)") }

    private mutating func skip() {
        while let byte = next {
            if byte == 0x23 {
                while let byte = next, byte != 0x0A { place += 1 }
            } else if byte <= 0x20 {
                place += 1
            } else {
                return
            }
        }
    }

    private mutating func counted() throws(Failure) {
        count += 1
        guard count <= Self.countLimit else { throw wrong("more than \(Self.countLimit) values") }
    }

    private mutating func section(depth: Int) throws(Failure) -> [String: Value] {
        guard depth < Self.depthLimit else { throw wrong("sections that nest too deep") }
        var members: [String: Value] = [:]
        while true {
            skip()
            guard let byte = next else {
                guard depth == 0 else { throw wrong("no end of a section") }
                return members
            }
            if byte == 0x7D, depth > 0 {
                place += 1
                return members
            }
            try counted()
            let name = try self.name()
            skip()
            switch next {
            case 0x7B:
                place += 1
                members[name] = .section(try section(depth: depth + 1))
            case 0x3D:
                place += 1
                members[name] = try value()
            default: throw wrong("neither a value nor a section")
            }
        }
    }

    /// Of what LVM lets names be made of, and of the slashes of its keys.
    private mutating func name() throws(Failure) -> String {
        let start = place
        while let byte = next, Self.isOfName(byte) { place += 1 }
        guard place > start else { throw wrong("no name") }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E, 0x2F, 0x5F: true
        default: false
        }
    }

    private mutating func value() throws(Failure) -> Value {
        skip()
        guard next == 0x5B else { return try single() }
        place += 1
        var list: [Value] = []
        while true {
            skip()
            if next == 0x5D {
                place += 1
                return .list(list)
            }
            if next == 0x2C {
                place += 1
                continue
            }
            list.append(try single())
        }
    }

    private mutating func single() throws(Failure) -> Value {
        try counted()
        guard let first = next else { throw wrong("no value") }
        if first == 0x22 { return .text(try text()) }
        let start = place
        while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
        guard place > start, let number = UInt64(String(decoding: bytes[start..<place], as: UTF8.self)) else {
            throw wrong("a value that is none")
        }
        return .number(number)
    }

    private mutating func text() throws(Failure) -> String {
        place += 1
        var text: [UInt8] = []
        while let byte = next {
            place += 1
            if byte == 0x22 { return String(decoding: text, as: UTF8.self) }
            if byte == 0x5C, let escaped = next {
                text.append(escaped)
                place += 1
            } else {
                text.append(byte)
            }
        }
        throw wrong("no end of a text")
    }
}

extension [String: LVMText.Value] {
    func number(_ name: String) -> UInt64? { if case .number(let number)? = self[name] { number } else { nil } }
    func text(_ name: String) -> String? { if case .text(let text)? = self[name] { text } else { nil } }
    func list(_ name: String) -> [LVMText.Value] { if case .list(let list)? = self[name] { list } else { [] } }
    func section(_ name: String) -> [String: LVMText.Value]? {
        if case .section(let section)? = self[name] { section } else { nil }
    }
    func texts(_ name: String) -> [String] {
        list(name).compactMap { if case .text(let text) = $0 { text } else { nil } }
    }
}
