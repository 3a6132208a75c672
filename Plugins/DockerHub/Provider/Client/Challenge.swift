import HTTP

/// One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1).
struct Challenge: Sendable, Equatable {
    /// In lower case: `basic`, `bearer`.
    var scheme: String
    /// By lower-case name.
    var parameters: [String: String]

    /// Every challenge of the answer's headers. What is malformed ends the reading, and what came before it counts.
    static func all(in headers: HTTPHeaders) -> [Challenge] { headers.all("WWW-Authenticate").flatMap(parse) }

    /// A scheme is a token that no `=` follows; a parameter is `name=value` or `name="quoted, with \" and ,"`.
    static func parse(_ text: String) -> [Challenge] {
        var challenges: [Challenge] = []
        var rest = Substring(text)
        func skip(_ characters: String) { rest = rest.drop { characters.contains($0) } }
        func token() -> String? {
            let found = rest.prefix { !" \t,=\"".contains($0) }
            guard !found.isEmpty else { return nil }
            rest = rest[found.endIndex...]
            return String(found)
        }
        while true {
            skip(" \t,")
            guard let name = token() else { break }
            let spaced = rest.first == " " || rest.first == "\t"
            skip(" \t")
            guard rest.first == "=" else {
                guard spaced || rest.isEmpty || rest.first == "," else { break }
                challenges.append(Challenge(scheme: name.lowercased(), parameters: [:]))
                continue
            }
            rest = rest.dropFirst()
            skip(" \t")
            guard !challenges.isEmpty, let value = rest.first == "\"" ? quoted(&rest) : token() else { break }
            challenges[challenges.count - 1].parameters[name.lowercased()] = value
        }
        return challenges
    }

    private static func quoted(_ rest: inout Substring) -> String? {
        var value = ""
        var isEscaped = false
        var index = rest.index(after: rest.startIndex)
        while index < rest.endIndex {
            let character = rest[index]
            index = rest.index(after: index)
            if isEscaped {
                value.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                rest = rest[index...]
                return value
            } else {
                value.append(character)
            }
        }
        return nil
    }
}
