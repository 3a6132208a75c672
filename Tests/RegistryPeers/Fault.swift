import Foundation

/// Something that goes wrong with a request, or several such things; servers/faults.py does them.
public struct Fault: Sendable {
    var effects: [String: Value]

    public enum Moment: String, Sendable { case before, executed, answered }

    private init(_ effects: [String: Value]) { self.effects = effects }

    /// This, and something else.
    public func and(_ other: Fault) -> Fault {
        Fault(
            effects.merging(other.effects) { mine, others in
                switch (mine, others) {
                case (.list(let first), .list(let second)): .list(first + second)
                case (.object(let first), .object(let second)): .object(first.merging(second) { $1 })
                default: others
                }
            })
    }

    // Before the request is executed

    /// Holds the request, until `StrictRegistry.release`, before it is executed, when it is executed and not answered, or
    /// when it is answered.
    /// - Parameter freezes: whether from then on all other requests wait as well, so that the client gets no further.
    public static func hold(_ moment: Moment, freezes: Bool = false) -> Fault {
        Fault(["hold": ["at": .text(moment.rawValue), "freezes": .flag(freezes)]])
    }
    /// All tokens are void: 401, and so for every token given before.
    public static let revokedTokens = Fault(["revoke": .flag(true)])
    /// An answer, without the request being executed or its body read.
    public static func answer(
        _ status: Int, _ text: String = "", content: String = "application/json", headers: [String: String] = [:]
    ) -> Fault {
        Fault([
            "answer": [
                "status": .number(status), "text": .text(text), "content": .text(content),
                "headers": .object(headers.mapValues { .text($0) }),
            ]
        ])
    }
    /// The same, with a page for people as the body.
    public static func page(_ status: Int) -> Fault {
        answer(
            status, "<!DOCTYPE html>\n<html><body><h1>Something is wrong</h1></body></html>\n",
            content: "text/html; charset=utf-8")
    }
    /// These bytes in place of an answer, which need not be HTTP; then so many more; then the end of the connection.
    public static func raw(_ bytes: some Sequence<UInt8>, flood: Int = 0) -> Fault {
        Fault(["raw": ["data": .text(Data(bytes).base64EncodedString()), "flood": .number(flood)]])
    }
    /// An error of the specification's form.
    public static func error(_ status: Int, _ code: String) -> Fault {
        answer(status, #"{"errors":[{"code":"\#(code)","message":"a fault of the test"}]}"#)
    }

    public enum Delay: Sendable {
        /// Retry-After: a number.
        case seconds(Int)
        /// Retry-After: a date, so many seconds from now.
        case date(Int)
        /// X-Retry-After: seconds since 1970; the headers of an exhausted pull limit; a body that is no JSON.
        case hub(Int)
    }
    /// 429.
    public static func limited(_ delay: Delay) -> Fault {
        let (style, seconds) =
            switch delay {
            case .seconds(let seconds): ("seconds", seconds)
            case .date(let seconds): ("date", seconds)
            case .hub(let seconds): ("hub", seconds)
            }
        return Fault(["limited": ["style": .text(style), "seconds": .number(seconds)]])
    }
    /// 413, or what some say instead, for a body of more bytes.
    public static func tooLarge(over bytes: Int, status: Int = 413) -> Fault {
        Fault(["too_large": ["bytes": .number(bytes), "status": .number(status)]])
    }
    /// 411 for a body that does not say its length.
    public static let needsLength = Fault(["refuse_chunked": .flag(true)])
    /// 401 with that WWW-Authenticate.
    public static func challenge(_ text: String) -> Fault { Fault(["challenge": .text(text)]) }
    /// 307 to another port, which answers 400 to any Authorization.
    public static let toStorage = Fault(["storage": .flag(true)])
    /// RST: before the request is executed, once so many bytes of its body were read; or instead of the answer.
    public static func reset(_ moment: Moment, after bytes: Int = 0) -> Fault {
        Fault(["reset": ["at": .text(moment.rawValue), "after": .number(bytes)]])
    }

    // While it is executed

    /// 202 to a mount.
    public static let noMount = Fault(["no_mount": .flag(true)])
    /// A Location without, or with, a host.
    public static func location(relative: Bool) -> Fault { Fault(["relative": .flag(relative)]) }
    /// Range stays that of the first chunk, in the answer to a chunk and in the status of the upload.
    public static let stuckRange = Fault(["stuck": .flag(true)])
    /// 416, with Location and Range of the upload as it is.
    public static let outOfRange = Fault(["out_of_range": .flag(true)])
    /// That status, 400 or 409, to a tag that is there.
    public static func immutableTag(_ status: Int) -> Fault { Fault(["immutable": .number(status)]) }

    // When it is answered

    /// Another status than that of the executed request.
    public static func status(_ status: Int) -> Fault { Fault(["status": .number(status)]) }
    public static func without(_ header: String) -> Fault { Fault(["drop": .list([.text(header)])]) }
    public static func header(_ name: String, _ value: String) -> Fault {
        Fault(["set": .object([name: .text(value)])])
    }
    /// The body is broken JSON.
    public static let malformed = Fault(["malformed": .flag(true)])
    /// One bit of the body is wrong.
    public static let corrupt = Fault(["corrupt": .flag(true)])
    /// The body is a page for people, whatever the status.
    public static let html = Fault(["html": .flag(true)])
    /// As many bytes of headers more.
    public static func hugeHeaders(_ bytes: Int) -> Fault { Fault(["huge": .number(bytes)]) }
    /// The headers of a pull limit.
    public static func quota(_ limit: Int, remaining: Int, seconds: Int = 21600) -> Fault {
        Fault(["quota": ["limit": .number(limit), "remaining": .number(remaining), "window": .number(seconds)]])
    }
    /// The connection ends within the body, after so many bytes.
    public static func truncated(after bytes: Int) -> Fault { Fault(["cut": .number(bytes)]) }
    /// A byte at a time, of the headers too.
    public static func slow(secondsPerByte: Double = 1) -> Fault { Fault(["pace": .real(secondsPerByte)]) }
}

struct PlacedFault: Encodable, Sendable {
    var server: String
    var method: String?
    var path: String
    var nth: Int
    var times: Int?
    var `do`: [String: Value]
}

/// JSON.
indirect enum Value: Encodable, Sendable, ExpressibleByDictionaryLiteral {
    case text(String)
    case number(Int)
    case real(Double)
    case flag(Bool)
    case list([Value])
    case object([String: Value])

    init(dictionaryLiteral elements: (String, Value)...) {
        self = .object(Dictionary(uniqueKeysWithValues: elements))
    }

    func encode(to encoder: any Encoder) throws {
        var one = encoder.singleValueContainer()
        switch self {
        case .text(let value): try one.encode(value)
        case .number(let value): try one.encode(value)
        case .real(let value): try one.encode(value)
        case .flag(let value): try one.encode(value)
        case .list(let value): try one.encode(value)
        case .object(let value): try one.encode(value)
        }
    }
}
