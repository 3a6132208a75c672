/// A text for people: one string, or one per language (`en`, `zh-Hans`). Ids and keys are never of this type.
public struct LocalizedText: Sendable, Equatable, Codable, ExpressibleByStringLiteral {
    public var byLanguage: [String: String]

    public init(_ english: String) { byLanguage = ["en": english] }
    public init(stringLiteral value: String) { self.init(value) }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let plain = try? container.decode(String.self) {
            byLanguage = ["en": plain]
        } else {
            byLanguage = try container.decode([String: String].self)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if byLanguage.count == 1, let english = byLanguage["en"] {
            try container.encode(english)
        } else {
            try container.encode(byLanguage)
        }
    }

    /// The text in that language, else in English, else in any.
    public func text(in language: String = "en") -> String {
        byLanguage[language] ?? byLanguage["en"] ?? byLanguage.sorted { $0.key < $1.key }.first?.value ?? ""
    }
}
