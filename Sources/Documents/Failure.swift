/// What went wrong, in the words that a person reads and the code that a program acts on: the one error that crosses modules.
///
/// It is also the ABI's error document (schemas/error.schema.json), so a provider's refusal reaches the terminal unchanged.
public struct Failure: Error, Sendable, Equatable, Codable {
    /// What kind of failure: decides the exit status. Open: an unknown code reads as `internal`.
    public struct Code: RawRepresentable, Sendable, Hashable, Codable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        public static let `internal` = Code(rawValue: "internal")
        public static let usage = Code(rawValue: "usage")
        public static let checkFailed = Code(rawValue: "check-failed")
        public static let authentication = Code(rawValue: "authentication")
        public static let network = Code(rawValue: "network")
        public static let refused = Code(rawValue: "refused")
        /// What was asked for is not at the target, or no longer.
        public static let notFound = Code(rawValue: "not-found")
        /// Something else stands there already.
        public static let conflict = Code(rawValue: "conflict")
        public static let partial = Code(rawValue: "partial")
        public static let pending = Code(rawValue: "pending")
        public static let quota = Code(rawValue: "quota")
        public static let policy = Code(rawValue: "policy")
        public static let crashed = Code(rawValue: "crashed")
        /// Somebody else is at work on the same thing; it can be tried again later.
        public static let busy = Code(rawValue: "busy")
        public static let interrupted = Code(rawValue: "interrupted")

        /// The process's exit status, as documented in docs/operators.md.
        public var exitStatus: Int32 {
            switch self {
            case .usage: 2
            case .checkFailed: 3
            case .authentication: 4
            case .network: 5
            case .refused, .notFound, .conflict: 6
            case .partial: 7
            case .pending, .busy: 8
            case .quota: 9
            case .policy: 10
            case .crashed: 11
            case .interrupted: 130
            default: 1
            }
        }
    }

    public var code: Code
    /// One sentence, in as many languages as its author gave: what failed.
    public var localizedMessage: LocalizedText
    /// Where: `file:line:column`, a path, a URL without its query, a target.
    public var place: String?
    /// What to do next, in one sentence.
    public var localizedHint: LocalizedText?
    /// The vendor's own error code.
    public var vendorCode: String?
    /// The vendor's request id, for its support.
    public var requestID: String?
    /// The status of the HTTP answer, if there was one.
    public var httpStatus: Int?
    /// Whether the same request may succeed later without a change. False in a vendor's refusal: it is about the content, and
    /// remembered.
    public var retryable: Bool?
    /// Seconds to wait before that.
    public var retryAfter: Double?

    enum CodingKeys: String, CodingKey {
        case code, place, retryable
        case localizedMessage = "message"
        case localizedHint = "hint"
        case vendorCode = "vendor_code"
        case requestID = "request_id"
        case httpStatus = "http_status"
        case retryAfter = "retry_after_s"
    }

    public init(
        _ code: Code, _ message: String, place: String? = nil, hint: String? = nil,
        vendorCode: String? = nil,
        requestID: String? = nil, httpStatus: Int? = nil, retryable: Bool? = nil,
        retryAfter: Double? = nil
    ) {
        self.code = code
        localizedMessage = LocalizedText(message)
        self.place = place
        localizedHint = hint.map { LocalizedText($0) }
        self.vendorCode = vendorCode
        self.requestID = requestID
        self.httpStatus = httpStatus
        self.retryable = retryable
        self.retryAfter = retryAfter
    }

    /// The message in English, or in whatever language it has. Setting it drops the others.
    public var message: String {
        get { localizedMessage.text() }
        set { localizedMessage = LocalizedText(newValue) }
    }

    /// The hint in English, or in whatever language it has. Setting it drops the others.
    public var hint: String? {
        get { localizedHint?.text() }
        set { localizedHint = newValue.map { LocalizedText($0) } }
    }
}
