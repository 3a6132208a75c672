/// One thing that was looked for in an image: what it is, or that it is not there, or why it can't be told.
///
/// In JSON: `{"value": ..., "evidence": [...]}`, `{"absent": true, "evidence": [...]}` or `{"unknown": "why"}`.
public enum Fact<Value: Sendable & Codable & Equatable>: Sendable, Equatable {
    case known(Value, [Evidence] = [])
    /// Looked for and not there; the evidence says where, if one place decides it.
    case absent([Evidence] = [])
    case unknown(String)

    public var value: Value? {
        if case .known(let value, _) = self { value } else { nil }
    }

    public var evidence: [Evidence] {
        switch self {
        case .known(_, let evidence), .absent(let evidence): evidence
        case .unknown: []
        }
    }
}

/// Where a fact was read: a file of the guest and a line of it, a field of the disk's own tables.
public struct Evidence: Sendable, Equatable, Hashable, Codable {
    /// A path in the guest, or a place on the disk in words: `partition 2`, `initramfs /boot/initrd.img: lib/modules`.
    public var path: String
    /// Counted from 1; nil if the whole file is meant.
    public var line: Int?
    /// What stands there, secrets replaced by their kind (`$6$...`); at most 200 characters.
    public var text: String?

    public init(_ path: String, line: Int? = nil, text: String? = nil) {
        (self.path, self.line, self.text) = (path, line, text.map { String($0.prefix(200)) })
    }
}

/// One type for all facts, not one for each: what codes them looks each type up anew in every process.
private enum FactKeys: String, CodingKey { case value, absent, unknown, evidence }

extension Fact: Codable {
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: FactKeys.self)
        let evidence = try values.decodeIfPresent([Evidence].self, forKey: .evidence) ?? []
        if let why = try values.decodeIfPresent(String.self, forKey: .unknown) {
            self = .unknown(why)
        } else if try values.decodeIfPresent(Bool.self, forKey: .absent) == true {
            self = .absent(evidence)
        } else {
            self = .known(try values.decode(Value.self, forKey: .value), evidence)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: FactKeys.self)
        switch self {
        case .known(let value, let evidence):
            try values.encode(value, forKey: .value)
            if !evidence.isEmpty { try values.encode(evidence, forKey: .evidence) }
        case .absent(let evidence):
            try values.encode(true, forKey: .absent)
            if !evidence.isEmpty { try values.encode(evidence, forKey: .evidence) }
        case .unknown(let why): try values.encode(why, forKey: .unknown)
        }
    }
}
